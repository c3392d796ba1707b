import { Command } from 'commander'
import { claimFile } from '../database/lock.ts'
import { migrate } from '../database/migrate.ts'
import { dropEverything } from '../database/reset.ts'
import { withStore } from './with-store.ts'

interface ResetOptions {
  yes?: boolean
  force?: boolean
}

export function resetCommand(): Command {
  return new Command('reset')
    .description('delete all accounts and tasks and begin with an empty database')
    .option('--yes', 'confirm that everything is to be deleted')
    .option('--force', 'even when NODE_ENV is production')
    .action((options: ResetOptions) =>
      withStore(async (db, config) => {
        if (!options.yes) throw new Error('this deletes all accounts and tasks: confirm it with --yes')
        if (config.production && !options.force) throw new Error('NODE_ENV is production: add --force if you mean it')
        const { database } = config
        const claim = database.kind === 'sqlite' ? claimFile(database.file) : undefined
        await dropEverything(db)
        await migrate(db)
        await claim?.release()
        console.log('the database is empty')
      }),
    )
}
