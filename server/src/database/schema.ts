import type { ColumnType, Generated } from 'kysely'

/** An instant: ISO text of fixed width on SQLite, `timestamptz` on PostgreSQL. Written as ISO text on both. */
export type Instant = ColumnType<string | Date, string, string>
type MaybeInstant = ColumnType<string | Date | null, string | null, string | null>

/** A truth value: 0 or 1 on SQLite. */
type Truth = ColumnType<boolean | number, boolean, boolean>

export interface Schema {
  settings: SettingsTable
  users: UsersTable
  sessions: SessionsTable
  accounts: AccountsTable
  verifications: VerificationsTable
  two_factors: TwoFactorsTable
  account_events: AccountEventsTable
  api_tokens: ApiTokensTable
  mails: MailsTable
  email_changes: EmailChangesTable
  spaces: SpacesTable
  tasks: TasksTable
  task_search: TaskSearchTable
  task_search_grams: TaskSearchGramsTable
  changes: ChangesTable
  task_facts: TaskFactsTable
  figure_counts: FigureCountsTable
  completion_days: CompletionDaysTable
  idempotency_keys: IdempotencyKeysTable
  idempotency_key_tasks: IdempotencyKeyTasksTable
}

/** What the store knows of itself, such as its `epoch`. */
interface SettingsTable {
  name: string
  value: string
}

interface UsersTable {
  id: string
  name: string
  email: string
  email_verified: Truth
  image: string | null
  time_zone: string
  two_factor_enabled: Truth
  created_at: Instant
  updated_at: Instant
  /** Since when the account is gone; the row stays until all that belonged to it is erased. */
  deleted_at?: MaybeInstant
}

interface SessionsTable {
  id: string
  user_id: string
  token: string
  expires_at: Instant
  ip_address: string | null
  user_agent: string | null
  created_at: Instant
  updated_at: Instant
  /** When it was last used, some minutes at most behind; null until then. */
  last_active_at?: MaybeInstant
}

interface AccountsTable {
  id: string
  user_id: string
  account_id: string
  provider_id: string
  password: string | null
  created_at: Instant
  updated_at: Instant
}

interface VerificationsTable {
  id: string
  identifier: string
  value: string
  expires_at: Instant
  created_at: Instant
  updated_at: Instant
}

interface TwoFactorsTable {
  id: string
  user_id: string
  secret: string
  backup_codes: string
  /** The time step of the last code that was used to sign in (RFC 6238). */
  last_step: number | null
}

/** Sign-ins, failures and changes of an account, for its owner to read. */
interface AccountEventsTable {
  id: string
  user_id: string
  at: Instant
  kind: string
  ip: string | null
  user_agent: string | null
}

interface ApiTokensTable {
  id: string
  user_id: string
  name: string
  hash: string
  scopes: string
  created_at: Instant
  last_used_at: MaybeInstant
  expires_at: MaybeInstant
}

/** Mails written in the transaction that causes them, to be sent afterwards. */
interface MailsTable {
  id: string
  user_id: string | null
  recipient: string
  subject: string
  text_body: string
  html_body: string
  created_at: Instant
  attempts: number
  next_attempt_at: MaybeInstant
  sent_at: MaybeInstant
  failed_at: MaybeInstant
  last_error: string | null
  /** When its link is of no use any more. */
  expires_at: MaybeInstant
}

/** Wishes for another address, until they can neither be confirmed nor refused any more. */
interface EmailChangesTable {
  id: string
  user_id: string
  old_email: string
  old_verified: Truth
  new_email: string
  confirm_hash: string
  refuse_hash: string
  created_at: Instant
  /** When the new address can no longer confirm. */
  expires_at: Instant
  confirmed_at: MaybeInstant
}

/** A space holds tasks and counts their revisions; each user owns one. */
interface SpacesTable {
  id: string
  owner_id: string
  revision: number
  /** Revisions up to here may have lost tombstones. */
  floor: number
  created_at: Instant
}

export interface TasksTable {
  space_id: string
  id: string
  title: string
  description: string | null
  /** 1 high, 2 medium, 3 low */
  priority: number
  due_date: string | null
  due_time: string | null
  due_time_zone: string | null
  /** The instant of a due time that has a zone of its own. */
  due_at: MaybeInstant
  version: number
  revision: number
  created_at: Instant
  updated_at: Instant
  completed_at: MaybeInstant
  deleted_at: MaybeInstant
  /** When the texts of a deleted task were erased; its tombstone stays. */
  erased_at: MaybeInstant
  /** The first 200 code points of the folded title. */
  title_key: string
  /** Folded title and description, a line break between them. */
  search_text: string
  /** Due day and time as one key for ascending order: a day without a time after its times, no day last (`~`). */
  due_up: Generated<string>
  /** The same for descending order: a day without a time after its times, no day last (empty). */
  due_down: Generated<string>
  completed_up: ColumnType<string | Date, never, never>
  completed_down: ColumnType<string | Date, never, never>
  /** Row number for the search index; SQLite only. */
  seq: ColumnType<number, never, never>
}

/** The trigram index over `search_text`; SQLite only, kept by triggers. */
interface TaskSearchTable {
  rowid: number
}

/** What the trigram index is made of; SQLite only. */
interface TaskSearchGramsTable {
  /** Three letters. Each letter of a text begins one, the last two with line breaks after them. */
  term: string
  /** The row number of a task with it. */
  doc: number
}

/** History: a row for each changed task and write. */
export interface ChangesTable {
  space_id: string
  revision: number
  write_id: string
  task_id: string
  kind: string
  at: Instant
  by_kind: string
  by_name: string | null
  /** JSON of the changed fields before the write; null for a create, and once erased. */
  before: string | null
  after: string | null
  /** The write that this one reverts. */
  undoes: string | null
}

/** What statistics need of each task there ever was. Outlives the task, its erasure and its tombstone. */
export interface TaskFactsTable {
  space_id: string
  task_id: string
  /** Milliseconds since 1970, as all of these: they are only reckoned with. */
  created_ms: number
  /** The present completion, of a deleted task the last one. */
  completed_ms: number | null
  due_date: string | null
  due_time: string | null
  /** The instant of a due time that has a zone of its own. */
  due_ms: number | null
}

/** How many tasks of a priority are in a space, the bin left out. */
export interface FigureCountsTable {
  space_id: string
  /** 1 high, 2 medium, 3 low */
  priority: number
  /** `total`, `completed`, `undated` for open tasks without a due date, or a day: open tasks that are due on it as written. */
  figure: string
  count: number
}

/** On which days of UTC something was completed, and in which quarters of an hour. */
export interface CompletionDaysTable {
  space_id: string
  /** Days since 1970-01-01. */
  day: number
  /** A bit for each of its first 48 quarters of an hour, the first the lowest. */
  morning: number
  afternoon: number
}

interface IdempotencyKeysTable {
  user_id: string
  key: string
  request_hash: string
  status: number
  headers: string
  /** Empty when there is none, or it told of a task that has been erased. */
  body: string
  created_at: Instant
}

/** Which tasks a kept reply tells of. */
interface IdempotencyKeyTasksTable {
  space_id: string
  task_id: string
  user_id: string
  key: string
}
