import { writeBackupFile } from '../server/src/database/copy/backup-file.ts'
import type { Row, RowSource, TableShape, Value } from '../server/src/database/copy/rows.ts'
import { withSnapshot } from '../server/src/database/copy/snapshot.ts'
import type { DatabaseConfig } from '../server/src/database/open.ts'
import { version } from '../server/src/version.ts'

/** Backs a store up as if it had so many times its accounts, each with the same tasks: quicker than making these. */
export function backUpManyTimes(database: DatabaseConfig, times: number, file: string): Promise<unknown> {
  return withSnapshot(database, (source) =>
    writeBackupFile(
      file,
      {
        format: 'taskwell-backup',
        version: 1,
        createdAt: new Date().toISOString(),
        program: version,
        migrations: source.migrations,
        secretMark: null,
      },
      { ...source, read: (table) => readManyTimes(source, table, times) },
    ),
  )
}

async function* readManyTimes(source: RowSource, table: TableShape, times: number): AsyncGenerator<readonly Row[]> {
  if (table.name === 'settings') return yield* source.read(table)
  const rows: Row[] = []
  for await (const some of source.read(table)) rows.push(...some)
  for (let copy = 0; copy < times; copy++) {
    const copies = inOrder(
      table,
      rows.map((row) => copyOf(row, copy)),
    )
    for (let first = 0; first < copies.length; first += batch) yield copies.slice(first, first + batch)
  }
}

const batch = 400

/** Ids begin with the number of the copy, so that one copy comes after the other; whatever else must be unique has it, too. */
function copyOf(row: Row, copy: number): Row {
  const number = copy.toString(16).padStart(8, '0')
  return row.map((value) => {
    if (typeof value !== 'string') return value
    if (uuid.test(value)) return number + value.slice(8)
    return value.includes('@') || token.test(value) ? `${number}${value}` : value
  })
}

const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/
const token = /^[\w-]{32}$/

function inOrder({ columns, key }: TableShape, rows: readonly Row[]): Row[] {
  const places = key.map((name) => columns.indexOf(name))
  return rows.toSorted((one, other) => places.reduce((order, at) => order || compare(one[at], other[at]), 0))
}

function compare(one: Value | undefined, other: Value | undefined): number {
  if (one === other) return 0
  return (one ?? '') < (other ?? '') ? -1 : 1
}
