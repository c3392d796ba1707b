import BetterSqlite3 from 'better-sqlite3'
import pg from 'pg'

/** Where the database is; it is read past the server. */
export type Place =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string }

export interface StoredSpace {
  readonly revision: number
  readonly changes: readonly { revision: number; write_id: string; task_id: string }[]
  readonly tasks: readonly { id: string; title: string; version: number; revision: number; is_deleted: number }[]
}

/** What the database holds of a person. Deleted tasks are among the tasks. */
export async function readSpace(place: Place, ownerId: string): Promise<StoredSpace> {
  return withQueries(place, async (query) => {
    const [space] = await query('select id, revision from spaces where owner_id = $1', ownerId)
    const id = String(space?.['id'])
    return asSpace({
      revision: space?.['revision'],
      changes: await query('select revision, write_id, task_id from changes where space_id = $1 order by revision', id),
      tasks: await query(
        `select id, title, version, revision, case when deleted_at is null then 0 else 1 end as is_deleted
         from tasks where space_id = $1`,
        id,
      ),
    })
  })
}

type Row = Readonly<Record<string, unknown>>
type Query = (text: string, parameter: string) => Promise<Row[]>

async function withQueries<T>(place: Place, work: (query: Query) => Promise<T>): Promise<T> {
  if (place.kind === 'sqlite') {
    const database = new BetterSqlite3(place.file, { readonly: true, fileMustExist: true, timeout: 5_000 })
    try {
      return await work(async (text, parameter) =>
        database.prepare<[string], Row>(text.replace('$1', '?')).all(parameter),
      )
    } finally {
      database.close()
    }
  }
  const client = new pg.Client({ connectionString: place.url })
  await client.connect()
  try {
    // The driver gives bigints as text.
    client.setTypeParser(pg.types.builtins.INT8, Number)
    return await work(async (text, parameter) => (await client.query<Row>(text, [parameter])).rows)
  } finally {
    await client.end()
  }
}

/** The columns are named above, which the drivers cannot know. */
function asSpace(space: Record<keyof StoredSpace, unknown>): StoredSpace {
  return space as StoredSpace
}
