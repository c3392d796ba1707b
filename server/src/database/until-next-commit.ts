import { committedVersion, type Database } from './open.ts'

/** More than are in use between two commits; beyond it the memory is begun anew. */
const mostKept = 5_000

/**
 * `read`, whose answers are kept until something is committed to the store, by whatever process: SQLite tells that for a
 * tenth of what reading costs. PostgreSQL does not, so everything is read there each time.
 */
export function untilNextCommit<T>(db: Database, read: (key: string) => Promise<T>): (key: string) => T | Promise<T> {
  const kept = new Map<string, T>()
  let keptAt: number | undefined

  return (key) => {
    const version = committedVersion(db)
    if (version === undefined) return read(key)
    if (version !== keptAt || kept.size >= mostKept) kept.clear()
    keptAt = version
    const known = kept.get(key)
    return known ?? readAnew(key, version)
  }

  async function readAnew(key: string, version: number): Promise<T> {
    const value = await read(key)
    // What was committed while it was read may be in it or not; the next one who asks sees another version then.
    if (version === keptAt) kept.set(key, value)
    return value
  }
}
