import type { Database } from '../database/open.ts'
import { contentColumns, contentFields } from './content.ts'
import { type Fields, fields } from './effects.ts'
import { taskColumns, toTask } from './task-row.ts'

const inOneStep = 200

/**
 * Finds tasks that are not what their history and their search text say: a value that changed by itself, on a failing disk,
 * is sound to the database. Answers the first few in plain words. Reads everything: for a check at leisure.
 */
export async function findDamagedTasks(db: Database, spaceId: string): Promise<string[]> {
  const told: string[] = []
  for (let after = ''; told.length < 5;) {
    const rows = await db
      .selectFrom('tasks')
      .select([...taskColumns, 'tasks.title_key', 'tasks.search_text'])
      .where('space_id', '=', spaceId)
      .where('id', '>', after === '' ? firstId : after)
      .orderBy('id')
      .limit(inOneStep)
      .execute()
    const last = rows.at(-1)
    if (!last) break
    after = last.id
    const sound = rows.filter((row) => row.erased_at === null)
    const histories = await readHistories(
      db,
      spaceId,
      sound.map(({ id }) => id),
    )
    for (const row of sound) {
      const task = toTask(row)
      const { title_key, search_text } = contentColumns(task)
      if (title_key !== row.title_key || search_text !== row.search_text) told.push(`task ${row.id}: its text`)
      told.push(...compare(task, histories.get(row.id)).map((field) => `task ${row.id}: its ${field}`))
    }
  }
  return told
}

const firstId = '00000000-0000-0000-0000-000000000000'

interface History {
  /** What all writes together have left. */
  readonly left: Fields
  /** Fields of which a write says that they were something else than the writes before have left. */
  readonly broken: string[]
}

async function readHistories(db: Database, spaceId: string, ids: string[]): Promise<Map<string, History>> {
  const histories = new Map<string, History>()
  if (ids.length === 0) return histories
  const rows = await db
    .selectFrom('changes')
    .select(['task_id', 'before', 'after'])
    .where('space_id', '=', spaceId)
    .where('task_id', 'in', ids)
    .where('after', 'is not', null)
    .orderBy('revision')
    .execute()
  for (const row of rows) {
    const { left, broken } = histories.get(row.task_id) ?? { left: {}, broken: [] }
    const before = readFields(row.before)
    histories.set(row.task_id, {
      left: { ...left, ...readFields(row.after) },
      broken: [
        ...broken,
        ...fields.filter((field) => differs(left, before, field)).map((field) => `history of ${field}`),
      ],
    })
  }
  return histories
}

function compare(task: Fields, history: History | undefined): string[] {
  if (!history) return ['history, which is not there']
  return [...contentFields.filter((field) => differs(history.left, task, field)), ...history.broken]
}

function differs(one: Fields, other: Fields, field: keyof Fields): boolean {
  return one[field] !== undefined && other[field] !== undefined && one[field] !== other[field]
}

/** What we wrote ourselves; damaged JSON tells of nothing that could be right. */
function readFields(text: string | null): Fields {
  if (text === null) return {}
  try {
    return JSON.parse(text)
  } catch {
    return { title: '(damaged)' }
  }
}
