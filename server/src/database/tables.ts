/** A table that holds what people entrusted to us, or what makes it work. */
export interface StoredTable {
  readonly name: string
  /** Unique, never changing, and in the same order on both databases. */
  readonly key: readonly string[]
}

/** Every table with rows of its own, parents first. What is derived from them (search index, generated columns) is not here. */
export const storedTables: readonly StoredTable[] = [
  { name: 'settings', key: ['name'] },
  { name: 'users', key: ['id'] },
  { name: 'sessions', key: ['id'] },
  { name: 'accounts', key: ['id'] },
  { name: 'verifications', key: ['id'] },
  { name: 'two_factors', key: ['id'] },
  { name: 'account_events', key: ['id'] },
  { name: 'api_tokens', key: ['id'] },
  { name: 'mails', key: ['id'] },
  { name: 'email_changes', key: ['id'] },
  { name: 'spaces', key: ['id'] },
  { name: 'tasks', key: ['space_id', 'id'] },
  { name: 'changes', key: ['space_id', 'revision'] },
  // Of older schemas, whose stores and copies can be read.
  { name: 'task_counts', key: ['space_id', 'priority'] },
  { name: 'figure_counts', key: ['space_id', 'priority', 'figure'] },
  { name: 'completion_days', key: ['space_id', 'day'] },
  { name: 'task_facts', key: ['space_id', 'task_id', 'created_ms'] },
  { name: 'idempotency_keys', key: ['user_id', 'key'] },
  { name: 'idempotency_key_tasks', key: ['space_id', 'task_id', 'user_id', 'key'] },
]

/** Tables that are filled from others, or tell of the schema itself. */
export const otherTables: readonly string[] = ['task_search_grams', 'task_search', 'unfinished_copy', 'migrations']
