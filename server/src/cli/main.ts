import { Command } from 'commander'
import { useBundle } from '../bundled-packages.ts'
import { version } from '../version.ts'
import { fail } from './fail.ts'

// What it writes is for its owner only, also in a folder that others may read.
process.umask(0o077)
useBundle()

/** In the order of the help. Each is loaded only when it is asked for, since some stand on half of the server. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => new Command('start').description('run the server').action(runServer),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  reset: async () => (await import('./reset.ts')).resetCommand(),
  seed: async () => (await import('./seed.ts')).seedCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  move: async () => (await import('./move.ts')).moveCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  user: async () => (await import('./user.ts')).userCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  openapi: async () => (await import('./openapi.ts')).openapiCommand(),
}

await createProgram(process.argv[2])
  .then((program) => program.parseAsync())
  .catch(fail)

async function createProgram(asked: string | undefined): Promise<Command> {
  const program = new Command('taskwell').description('A self-hosted task backend').version(version)
  const known = asked !== undefined && Object.hasOwn(commands, asked) ? commands[asked] : undefined
  for (const load of known ? [known] : Object.values(commands)) program.addCommand(await load())
  // Errors are one line.
  for (const command of [program, ...program.commands]) command.showSuggestionAfterError(false)
  return program
}

async function runServer(): Promise<void> {
  const { runServer } = await import('./start.ts')
  await runServer()
}
