import { type Kysely, sql } from 'kysely'

/** Mails whose links expire, and quick ways to the mails that are done and to the links of a user. */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const statements = [
    `alter table mails add column expires_at ${kind === 'sqlite' ? 'text' : 'timestamptz(3)'}`,
    'create index mails_done on mails (created_at) where next_attempt_at is null',
    'create index verifications_value on verifications (value)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
