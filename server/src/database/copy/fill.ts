import { migrate } from '../migrate.ts'
import { migrations as known } from '../migrations/index.ts'
import type { Database } from '../open.ts'
import { openDatabase } from '../open.ts'

/** Steps of the schema that a copy has seen. @throws when a newer program made it. */
export function stepsOf(copy: readonly string[], what: string): typeof known {
  const unknown = copy.filter((name) => !known.some((migration) => migration.name === name))
  if (unknown.length > 0) {
    throw new Error(`${what} comes from a newer Taskwell (migration ${unknown.join(', ')}): use that version for it.`)
  }
  return known.filter(({ name }) => copy.includes(name))
}

/** Does something with a SQLite file that nobody else uses, and closes it. */
export async function withFile<T>(file: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({ kind: 'sqlite', file, synchronous: 'normal' })
  try {
    return await work(db)
  } finally {
    await db.destroy()
  }
}

/** Makes a file with the schema as it was after these steps; one that is there already is left as it is. */
export async function makeFile(file: string, steps: typeof known): Promise<void> {
  await withFile(file, (db) => migrate(db, steps))
}
