import { createHash } from 'node:crypto'
import type { StoredTable } from '../tables.ts'

/**
 * A value in the form that is the same whichever database it came from: instants are ISO text in UTC with milliseconds,
 * truth values 0 or 1.
 */
export type Value = string | number | null
export type Row = readonly Value[]

/** The columns are in alphabetical order; generated ones and row numbers are left out. */
export interface TableShape extends StoredTable {
  readonly columns: readonly string[]
}

/** A store as it was at one moment. */
export interface RowSource {
  /** The steps of the schema that it has seen. */
  readonly migrations: readonly string[]
  readonly tables: readonly TableShape[]
  /** The rows in batches, in the order of the key; those behind `after`, if it is given. */
  read(table: TableShape, after?: Row): AsyncIterable<readonly Row[]>
}

/** A store that is being filled, and that says so of itself until `release`. */
export interface RowTarget {
  load(table: Pick<TableShape, 'name' | 'columns'>, rows: readonly Row[]): Promise<void>
  /** The key of the last row that is there. */
  findLastKey(table: TableShape): Promise<Row | undefined>
  /** Makes anew what was put aside for the time of loading: secondary indexes, triggers, the search index. */
  finish(): Promise<void>
  /** Lets the store be used. */
  release(): Promise<void>
}

export interface Tally {
  readonly counts: Readonly<Record<string, number>>
  /** SHA-256 over all rows, in the form of a backup file. */
  readonly digest: string
}

export type Progress = (rows: number, table: string) => void

/** The text of a store, piece by piece: for each table a line that names it, then a line a row. Answers its tally. */
export async function* writeRows(source: RowSource, progress: Progress = () => {}): AsyncGenerator<string, Tally> {
  const hash = createHash('sha256')
  const counts: Record<string, number> = {}
  let total = 0
  for (const table of source.tables) {
    const head = `${JSON.stringify({ table: table.name, columns: table.columns })}\n`
    hash.update(head)
    yield head
    let count = 0
    for await (const rows of source.read(table)) {
      const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
      hash.update(text)
      count += rows.length
      yield text
      progress((total += rows.length), table.name)
    }
    counts[table.name] = count
  }
  return { counts, digest: hash.digest('hex') }
}

/** Counts and digest of a store. */
export async function tallyRows(source: RowSource, progress?: Progress): Promise<Tally> {
  const pieces = writeRows(source, progress)
  for (;;) {
    const { done, value } = await pieces.next()
    if (done) return value
  }
}

export function isSameTally(one: Tally, other: Tally): boolean {
  return one.digest === other.digest && JSON.stringify(one.counts) === JSON.stringify(other.counts)
}
