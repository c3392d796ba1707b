import { type Kysely, sql } from 'kysely'

/** Each space knows how many tasks it holds outside the bin; a second factor knows the last code that was used. */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const counter = kind === 'sqlite' ? 'integer' : 'bigint'
  await sql.raw(`alter table spaces add column task_count ${counter} not null default 0`).execute(db)
  await sql
    .raw(
      'update spaces set task_count = (select count(*) from tasks where space_id = spaces.id and deleted_at is null)',
    )
    .execute(db)
  await sql.raw('alter table two_factors add column last_step integer').execute(db)
}
