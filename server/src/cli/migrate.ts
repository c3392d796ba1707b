import { Command } from 'commander'
import { migrationStatus } from '../database/migrate.ts'
import { upgrade } from '../database/upgrade.ts'
import { version } from '../version.ts'
import { withStore } from './with-store.ts'

export function migrateCommand(): Command {
  const command = new Command('migrate').description('bring the database schema up to date, or tell where it stands')
  command
    .command('up')
    .description('apply the migrations that are pending (the server does this at its start)')
    .action(() =>
      withStore(async (db, { database }) => {
        const { taken, kept } = await upgrade(db, { database, version })
        if (kept !== undefined) console.log(`kept the database as it was before: ${kept}`)
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
