import { type Kysely, sql } from 'kysely'

/** Mails whose links expire, changes of address, and quick ways to the mails that are done and to the links of a user. */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const isSqlite = kind === 'sqlite'
  const text = isSqlite ? 'text' : 'text collate "C"'
  const instant = isSqlite ? 'text' : 'timestamptz(3)'
  const statements = [
    `alter table mails add column expires_at ${instant}`,
    'create index mails_done on mails (created_at) where next_attempt_at is null',
    'create index verifications_value on verifications (value)',
    `create table email_changes (
      id ${text} primary key, user_id ${text} not null references users (id) on delete cascade,
      old_email ${text} not null, old_verified ${isSqlite ? 'integer' : 'boolean'} not null, new_email ${text} not null,
      confirm_hash ${text} not null unique, refuse_hash ${text} not null unique, created_at ${instant} not null,
      expires_at ${instant} not null, confirmed_at ${instant}${isSqlite ? ') strict' : ')'}`,
    'create index email_changes_user on email_changes (user_id, created_at)',
    'create index email_changes_age on email_changes (created_at)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
