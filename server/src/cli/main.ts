import { Command } from 'commander'
import { version } from '../version.ts'
import { migrateCommand } from './migrate.ts'
import { openapiCommand } from './openapi.ts'
import { resetCommand } from './reset.ts'
import { seedCommand } from './seed.ts'
import { fail, runServer } from './start.ts'

const program = new Command('taskwell')
  .description('A self-hosted task backend')
  .version(version)
  .showSuggestionAfterError(false)

program.command('start').description('run the server').action(runServer)
program.addCommand(migrateCommand())
program.addCommand(resetCommand())
program.addCommand(seedCommand())
program.addCommand(openapiCommand())

// Errors are one line.
for (const command of program.commands) command.showSuggestionAfterError(false)
await program.showSuggestionAfterError(false).parseAsync().catch(fail)
