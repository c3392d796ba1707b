import type pg from 'pg'

/** More are not kept: each takes memory on every connection. */
const mostKept = 200

const names = new Map<string, string>()

/** From now on PostgreSQL parses and plans the statement once a connection, rather than each time. */
export function keepPrepared(text: string): void {
  if (names.size < mostKept && !names.has(text)) names.set(text, `s${names.size}`)
}

/** Has the connection send such statements by name: Kysely gives the driver no more than the text. */
export function nameStatements(client: pg.PoolClient): void {
  const { query } = client
  const named = (text: unknown, values: unknown, ...more: unknown[]): unknown => {
    const name = typeof text === 'string' ? names.get(text) : undefined
    const statement = name === undefined ? [text, values] : [{ name, text, values }]
    return Reflect.apply(query, client, [...statement, ...more])
  }
  Object.assign(client, { query: named })
}
