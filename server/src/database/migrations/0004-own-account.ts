import { type Kysely, sql } from 'kysely'

/** When a session was last used, accounts on their way out, and the ways to find what names a user. */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const instant = kind === 'sqlite' ? 'text' : 'timestamptz(3)'
  const statements = [
    `alter table sessions add column last_active_at ${instant}`,
    `alter table users add column deleted_at ${instant}`,
    'create index users_deleted on users (deleted_at) where deleted_at is not null',
    'create index mails_by_recipient on mails (recipient)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
