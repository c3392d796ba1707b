import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { type Progress, type Row, type RowSource, type Tally, writeRows } from './rows.ts'

/*
 * A backup is gzipped text, a JSON value a line: a header; for each table `{"table","columns"}` and then a line a row, an
 * array of values; at the end `{"counts","digest"}`, the digest over all lines between the header and this one.
 */

export interface Header {
  readonly format: 'taskwell-backup'
  readonly version: 1
  readonly createdAt: string
  /** Of the program that wrote it. */
  readonly program: string
  /** The steps of the schema that the rows are in. */
  readonly migrations: readonly string[]
  /** Tells whether the secret is the one that was in use, without telling what it is. */
  readonly secretMark: string | null
}

/** What is wrong with a file, for the person who wants it back. */
class BackupError extends Error {
  override readonly name = 'BackupError'
}

/** A line with a task in it stays far below. */
const longestLine = 64 * 1024 * 1024
const chunkSize = 1024 * 1024

/** Writes the file and waits until it is on the disk. */
export async function writeBackupFile(
  file: string,
  header: Header,
  source: RowSource,
  progress?: Progress,
): Promise<Tally> {
  let tally: Tally | undefined
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(header)}\n`
    tally = yield* writeRows(source, progress)
    yield `${JSON.stringify(tally)}\n`
  }
  await pipeline(
    Readable.from(lines(), { highWaterMark: 1 }),
    createGzip({ level: 2, chunkSize }),
    createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
  )
  if (tally === undefined) throw new Error('The backup has no end')
  return tally
}

export interface Reader {
  header?(header: Header): Promise<void> | void
  rows?(table: TableHead, rows: readonly Row[]): Promise<void>
  progress?: Progress
}

export interface TableHead {
  readonly table: string
  readonly columns: readonly string[]
}

/**
 * Reads the whole file and holds it against its own counts and digest.
 * @throws {BackupError} when it is no backup, damaged, or not whole
 */
export async function readBackupFile(file: string, reader: Reader = {}): Promise<{ header: Header; tally: Tally }> {
  try {
    return await readLines(file, reader)
  } catch (error) {
    throw explain(file, error)
  }
}

async function readLines(file: string, reader: Reader): Promise<{ header: Header; tally: Tally }> {
  const hash = createHash('sha256')
  const counts: Record<string, number> = {}
  let header: Header | undefined
  let table: TableHead | undefined
  let trailer: Tally | undefined
  let total = 0

  for await (const lines of linesOf(file)) {
    let rows: string[] = []
    const handOver = async (): Promise<void> => {
      if (rows.length === 0) return
      if (table === undefined) throw damaged(file)
      hash.update(`${rows.join('\n')}\n`)
      counts[table.table] = (counts[table.table] ?? 0) + rows.length
      reader.progress?.((total += rows.length), table.table)
      if (reader.rows) await reader.rows(table, parseRows(rows))
      rows = []
    }
    for (const line of lines) {
      if (trailer !== undefined) throw damaged(file)
      if (line.startsWith('[')) {
        rows.push(line)
        continue
      }
      await handOver()
      const value: unknown = JSON.parse(line)
      if (header === undefined) {
        header = toHeader(file, value)
        await reader.header?.(header)
      } else if (isTally(value)) {
        trailer = value
      } else if (isTableHead(value)) {
        table = value
        counts[table.table] = 0
        hash.update(`${line}\n`)
      } else throw damaged(file)
    }
    await handOver()
  }
  const isWhole = trailer?.digest === hash.digest('hex') && JSON.stringify(trailer.counts) === JSON.stringify(counts)
  if (header === undefined || trailer === undefined || !isWhole) throw damaged(file)
  return { header, tally: trailer }
}

/** Whole lines, as many at once as a piece of the file holds. */
async function* linesOf(file: string): AsyncGenerator<string[]> {
  const unpacked = createGunzip({ chunkSize })
  // Reading on tells of every failure; here it must only not go unheard.
  pipeline(createReadStream(file, { highWaterMark: chunkSize }), unpacked).catch(() => {})
  let rest: Buffer[] = []
  let waiting = 0
  for await (const chunk of unpacked) {
    const piece: Buffer = chunk
    const end = piece.lastIndexOf(10)
    if (end < 0) {
      rest.push(piece)
      waiting += piece.length
      if (waiting > longestLine) throw damaged(file)
      continue
    }
    const whole = Buffer.concat([...rest, piece.subarray(0, end)])
    rest = [piece.subarray(end + 1)]
    waiting = piece.length - end - 1
    yield whole.toString('utf8').split('\n')
  }
  if (waiting > 0) throw damaged(file)
}

/** The digest tells of damage, after the rows; what a row is must be certain before. */
function parseRows(lines: readonly string[]): Row[] {
  return JSON.parse(`[${lines.join()}]`)
}

function toHeader(file: string, value: unknown): Header {
  const header = value as Partial<Record<keyof Header, unknown>> | null
  if (header?.format !== 'taskwell-backup') throw new BackupError(`${file} is not a backup made by Taskwell.`)
  if (header.version !== 1) {
    throw new BackupError(`${file} was written by a newer Taskwell: restore it with that version.`)
  }
  if (!Array.isArray(header.migrations)) throw damaged(file)
  return value as Header
}

function isTally(value: unknown): value is Tally {
  return typeof value === 'object' && value !== null && 'counts' in value && 'digest' in value
}

function isTableHead(value: unknown): value is TableHead {
  return typeof value === 'object' && value !== null && 'table' in value && 'columns' in value
}

function damaged(file: string): BackupError {
  return new BackupError(`${file} is damaged or not whole, and nothing of it was used: take another backup.`)
}

function explain(file: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return damaged(file)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'Z_DATA_ERROR' && error instanceof Error && error.message.includes('incorrect header')) {
    return new BackupError(`${file} is not a backup made by Taskwell.`)
  }
  if (code.startsWith('Z_') || code === 'ERR_INVALID_STATE') return damaged(file)
  if (code === 'ENOENT') return new BackupError(`${file} is not there.`)
  return error
}
