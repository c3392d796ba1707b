import { type Kysely, sql } from 'kysely'

// oxlint-disable-next-line typescript/no-explicit-any -- see Migration
export async function up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void> {
  const statements = kind === 'sqlite' ? sqliteStatements() : postgresStatements()
  for (const statement of statements) await sql.raw(statement).execute(db)
}

interface Types {
  text: string
  uuid: string
  instant: string
  truth: string
  counter: string
  /** Generated columns: PostgreSQL cannot index a virtual one. */
  kept: string
  rowNumber: string
  taskKey: string
  end: string
}

function sqliteStatements(): string[] {
  const types: Types = {
    text: 'text',
    uuid: 'text',
    instant: 'text',
    truth: 'integer',
    counter: 'integer',
    kept: 'virtual',
    rowNumber: 'seq integer primary key,',
    taskKey: 'unique (space_id, id)',
    end: ') strict',
  }
  return [
    ...tables(types),
    `create virtual table task_search using fts5(
      search_text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1')`,
    `create trigger task_search_insert after insert on tasks begin
      insert into task_search (rowid, search_text) values (new.seq, new.search_text);
    end`,
    `create trigger task_search_update after update of search_text on tasks when old.search_text <> new.search_text begin
      delete from task_search where rowid = old.seq;
      insert into task_search (rowid, search_text) values (new.seq, new.search_text);
    end`,
    `create trigger task_search_delete after delete on tasks begin
      delete from task_search where rowid = old.seq;
    end`,
  ]
}

function postgresStatements(): string[] {
  const types: Types = {
    text: 'text collate "C"',
    uuid: 'uuid',
    instant: 'timestamptz(3)',
    truth: 'boolean',
    counter: 'bigint',
    kept: 'stored',
    rowNumber: '',
    taskKey: 'primary key (space_id, id)',
    end: ')',
  }
  return [
    'create extension if not exists pg_trgm',
    'create extension if not exists btree_gin',
    ...tables(types),
    'create index task_search on tasks using gin (space_id, search_text gin_trgm_ops)',
  ]
}

function tables({ text, uuid, instant, truth, counter, kept, rowNumber, taskKey, end }: Types): string[] {
  return [
    `create table settings (name ${text} primary key, value ${text} not null${end}`,
    `create table users (
      id ${text} primary key, name ${text} not null, email ${text} not null unique, email_verified ${truth} not null,
      image ${text}, time_zone ${text} not null, two_factor_enabled ${truth} not null,
      created_at ${instant} not null, updated_at ${instant} not null${end}`,
    `create table sessions (
      id ${text} primary key, user_id ${text} not null references users (id) on delete cascade,
      token ${text} not null unique, expires_at ${instant} not null, ip_address ${text}, user_agent ${text},
      created_at ${instant} not null, updated_at ${instant} not null${end}`,
    'create index sessions_user on sessions (user_id, created_at)',
    'create index sessions_expiry on sessions (expires_at)',
    `create table accounts (
      id ${text} primary key, user_id ${text} not null references users (id) on delete cascade,
      account_id ${text} not null, provider_id ${text} not null, access_token ${text}, refresh_token ${text},
      id_token ${text}, access_token_expires_at ${instant}, refresh_token_expires_at ${instant}, scope ${text},
      password ${text}, created_at ${instant} not null, updated_at ${instant} not null${end}`,
    'create index accounts_user on accounts (user_id)',
    'create unique index accounts_provider on accounts (provider_id, account_id)',
    `create table verifications (
      id ${text} primary key, identifier ${text} not null, value ${text} not null, expires_at ${instant} not null,
      created_at ${instant} not null, updated_at ${instant} not null${end}`,
    'create index verifications_identifier on verifications (identifier)',
    'create index verifications_expiry on verifications (expires_at)',
    `create table two_factors (
      id ${text} primary key, user_id ${text} not null references users (id) on delete cascade,
      secret ${text} not null, backup_codes ${text} not null, verified ${truth} not null default true,
      failed_verification_count integer not null default 0, locked_until ${instant}${end}`,
    'create index two_factors_user on two_factors (user_id)',
    'create index two_factors_secret on two_factors (secret)',
    `create table account_events (
      id ${text} primary key, user_id ${text} not null references users (id) on delete cascade,
      at ${instant} not null, kind ${text} not null, ip ${text}, user_agent ${text}${end}`,
    'create index account_events_user on account_events (user_id, at, id)',
    `create table api_tokens (
      id ${text} primary key, user_id ${text} not null references users (id) on delete cascade,
      name ${text} not null, hash ${text} not null unique, scopes ${text} not null, created_at ${instant} not null,
      last_used_at ${instant}, expires_at ${instant}${end}`,
    'create index api_tokens_user on api_tokens (user_id, created_at)',
    `create table mails (
      id ${text} primary key, user_id ${text} references users (id) on delete cascade, recipient ${text} not null,
      subject ${text} not null, text_body ${text} not null, html_body ${text} not null, created_at ${instant} not null,
      attempts integer not null, next_attempt_at ${instant}, sent_at ${instant}, failed_at ${instant},
      last_error ${text}${end}`,
    'create index mails_waiting on mails (next_attempt_at) where next_attempt_at is not null',
    'create index mails_user on mails (user_id)',
    `create table spaces (
      id ${uuid} primary key, owner_id ${text} not null unique references users (id) on delete cascade,
      revision ${counter} not null, floor ${counter} not null, created_at ${instant} not null${end}`,
    `create table tasks (
      ${rowNumber}
      space_id ${uuid} not null references spaces (id) on delete cascade, id ${uuid} not null,
      title ${text} not null, description ${text}, priority integer not null,
      due_date ${text}, due_time ${text}, due_time_zone ${text}, due_at ${instant},
      version integer not null, revision ${counter} not null,
      created_at ${instant} not null, updated_at ${instant} not null, completed_at ${instant},
      deleted_at ${instant}, erased_at ${instant}, title_key ${text} not null, search_text ${text} not null,
      due_up ${text} generated always as (coalesce(due_date || coalesce(due_time, '~'), '~')) ${kept},
      due_down ${text} generated always as (coalesce(due_date || coalesce(due_time, ''), '')) ${kept},
      completed_up ${instant} generated always as (coalesce(completed_at, '9999-12-31T23:59:59.999Z')) ${kept},
      completed_down ${instant} generated always as (coalesce(completed_at, '0001-01-01T00:00:00.000Z')) ${kept},
      ${taskKey}, unique (space_id, revision)${end}`,
    ...[
      'created_at',
      'updated_at',
      'due_up',
      'due_down',
      'priority',
      'title_key',
      'completed_up',
      'completed_down',
    ].map((key) => `create index tasks_${key} on tasks (space_id, ${key}, id) where deleted_at is null`),
    ...['created_at', 'due_up', 'priority'].map(
      (key) =>
        `create index tasks_open_${key} on tasks (space_id, ${key}, id) where deleted_at is null and completed_at is null`,
    ),
    'create index tasks_deleted_at on tasks (space_id, deleted_at, id) where deleted_at is not null and erased_at is null',
    `create table changes (
      space_id ${uuid} not null references spaces (id) on delete cascade, revision ${counter} not null,
      write_id ${uuid} not null, task_id ${uuid} not null, kind ${text} not null, at ${instant} not null,
      by_kind ${text} not null, by_name ${text}, before ${text}, after ${text}, undoes ${uuid},
      primary key (space_id, revision)${end}`,
    'create index changes_task on changes (space_id, task_id, revision)',
    'create index changes_write on changes (space_id, write_id)',
    `create table idempotency_keys (
      user_id ${text} not null references users (id) on delete cascade, key ${text} not null,
      request_hash ${text} not null, status integer not null, headers ${text} not null, body ${text} not null,
      created_at ${instant} not null, primary key (user_id, key)${end}`,
    'create index idempotency_keys_age on idempotency_keys (created_at)',
  ]
}
