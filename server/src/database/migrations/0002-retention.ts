import { type Kysely, sql } from 'kysely'

/** What finds the rows whose time is over, of all users at once; and which kept replies tell of a task. */
// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const [text, uuid, end] =
    kind === 'sqlite' ? ['text', 'text', ') strict, without rowid'] : ['text collate "C"', 'uuid', ')']
  const statements = [
    'create index tasks_binned on tasks (deleted_at) where deleted_at is not null and erased_at is null',
    'create index tasks_erased on tasks (erased_at) where erased_at is not null',
    `create table idempotency_key_tasks (
      space_id ${uuid} not null, task_id ${uuid} not null, user_id ${text} not null, key ${text} not null,
      primary key (space_id, task_id, user_id, key),
      foreign key (user_id, key) references idempotency_keys (user_id, key) on delete cascade${end}`,
    'create index idempotency_key_tasks_key on idempotency_key_tasks (user_id, key)',
  ]
  for (const statement of statements) await sql.raw(statement).execute(db)
}
