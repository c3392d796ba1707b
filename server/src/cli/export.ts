import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { exportAccount } from '../account/index.ts'
import { findUserContext } from './user-context.ts'
import { withReadyStore } from './with-store.ts'

export function exportCommand(): Command {
  return new Command('export')
    .description('print everything of one account as JSON, as its owner can download it')
    .requiredOption('--user <email>', 'whose')
    .action(({ user }: { user: string }) =>
      withReadyStore(async (db, config) => {
        const ctx = await findUserContext(db, config, user)
        const { body } = await exportAccount(ctx, {})
        await pipeline(body, process.stdout, { end: false })
      }),
    )
}
