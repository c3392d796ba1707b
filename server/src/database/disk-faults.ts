import { AsyncLocalStorage } from 'node:async_hooks'

const witness = new AsyncLocalStorage<{ fault?: unknown }>()

/** Whether the disk has no room for what was to be written. */
export function isFull(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE'
}

/** Whether the error tells of a disk that failed or a file that is damaged. A disk that is merely full is neither. */
export function isUntrusted(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  // The shared memory of the log can be made anew; it cannot grow when the disk is full.
  if (code === 'SQLITE_IOERR_SHMSIZE') return false
  return /^SQLITE_(IOERR|CORRUPT|NOTADB)/.test(code)
}

/** Notes an error for whoever listens in `withDiskFaults`. */
export function noteFault(error: unknown): void {
  const seen = witness.getStore()
  if (seen && (isFull(error) || isUntrusted(error))) seen.fault = error
}

/** Runs work of a library that keeps to itself why it failed. @throws what the disk said, when the reply is a failure */
export async function withDiskFaults(work: () => Promise<Response>): Promise<Response> {
  const seen: { fault?: unknown } = {}
  const response = await witness.run(seen, work)
  if (!response.ok && seen.fault !== undefined) throw seen.fault
  return response
}
