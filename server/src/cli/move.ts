import { Command } from 'commander'
import { moveStore } from '../backup/index.ts'
import { readDatabaseUrl } from '../config.ts'
import { describeTally, showProgress } from './progress.ts'

export function moveCommand(): Command {
  return new Command('move')
    .description('copy everything into an empty database, SQLite to PostgreSQL or back; no server may be running')
    .requiredOption('--from <url>', 'file:… or postgres://…')
    .requiredOption('--to <url>', 'file:… or postgres://…')
    .addHelpText('after', '\nEnded in the middle, the same command goes on where it was.')
    .action(async ({ from, to }: { from: string; to: string }) => {
      const progress = showProgress()
      const stores = { from: readDatabaseUrl('--from', from), to: readDatabaseUrl('--to', to) }
      if (JSON.stringify(stores.from) === JSON.stringify(stores.to)) throw new Error('--from and --to are the same')
      const tally = await moveStore({ ...stores, progress: progress.show }).finally(progress.end)
      console.log(`moved: ${describeTally(tally)}; both databases have the digest ${tally.digest.slice(0, 16)}`)
      console.log('now set DATABASE_URL to the new one, keep the secret, and never start a server on the old one again')
    })
}
