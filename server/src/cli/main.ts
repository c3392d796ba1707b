import { Command } from 'commander'
import { version } from '../version.ts'
import { backupCommand } from './backup.ts'
import { doctorCommand } from './doctor.ts'
import { exportCommand } from './export.ts'
import { migrateCommand } from './migrate.ts'
import { moveCommand } from './move.ts'
import { openapiCommand } from './openapi.ts'
import { resetCommand } from './reset.ts'
import { restoreCommand } from './restore.ts'
import { seedCommand } from './seed.ts'
import { fail, runServer } from './start.ts'
import { userCommand } from './user.ts'

// What it writes is for its owner only, also in a folder that others may read.
process.umask(0o077)
const program = new Command('taskwell')
  .description('A self-hosted task backend')
  .version(version)
  .showSuggestionAfterError(false)

program.command('start').description('run the server').action(runServer)
program.addCommand(migrateCommand())
program.addCommand(resetCommand())
program.addCommand(seedCommand())
program.addCommand(backupCommand())
program.addCommand(restoreCommand())
program.addCommand(moveCommand())
program.addCommand(doctorCommand())
program.addCommand(userCommand())
program.addCommand(exportCommand())
program.addCommand(openapiCommand())

// Errors are one line.
for (const command of program.commands) command.showSuggestionAfterError(false)
await program.showSuggestionAfterError(false).parseAsync().catch(fail)
