import { ConfigError } from '../config.ts'
import { Refusal } from '../errors.ts'

/** Ends the program with one line that says what to do. */
export function fail(error: unknown): never {
  console.error(`taskwell: ${explain(error)}`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message
  if (!(error instanceof Error)) return String(error)
  if (error instanceof Refusal) return error.details.errors?.map(({ message }) => message).join(' ') ?? error.message
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE') return 'the address is taken by another program: set PORT to a free port'
  if (code === 'EADDRNOTAVAIL') return 'HOST is not an address of this machine'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'a host name cannot be found: check HOST and DATABASE_URL'
  if (code === 'SQLITE_CANTOPEN') return 'the database file cannot be opened: check DATABASE_URL and DATA_DIR'
  if (code === 'EACCES' && 'port' in error) return 'PORT is not for this user: choose one of 1024 or more'
  if (code === 'ECONNREFUSED') return 'the database does not answer: check that it runs where DATABASE_URL says'
  return error.message
}
