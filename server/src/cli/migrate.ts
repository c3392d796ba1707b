import { Command } from 'commander'
import { migrate, migrationStatus } from '../database/migrate.ts'
import { withStore } from './with-store.ts'

export function migrateCommand(): Command {
  const command = new Command('migrate').description('bring the database schema up to date, or tell where it stands')
  command
    .command('up')
    .description('apply the migrations that are pending (the server does this at its start)')
    .action(() =>
      withStore(async (db) => {
        const taken = await migrate(db)
        console.log(taken.length > 0 ? taken.map((name) => `applied ${name}`).join('\n') : 'nothing to do')
      }),
    )
  command
    .command('status')
    .description('list the migrations, applied and pending')
    .action(() =>
      withStore(async (db) => {
        const { applied, pending, unknown } = await migrationStatus(db)
        for (const name of applied) console.log(`${unknown.includes(name) ? 'unknown' : 'applied'} ${name}`)
        for (const name of pending) console.log(`pending ${name}`)
      }),
    )
  return command
}
