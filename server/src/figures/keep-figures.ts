import type { Priority, Task } from '@taskwell/api'
import { dueInstant } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import { addCounts, type Facts, insertFacts, updateFacts } from './queries.ts'

/**
 * Keeps what the dashboard reads true to a change of a task; part of the transaction that makes it, in a space that is
 * locked. Erasing a task and removing its tombstone change none of it: the figures do not rewrite the past.
 */
export async function keepFigures(
  db: Database,
  spaceId: string,
  { before, after }: { before: Task | null; after: Task },
): Promise<void> {
  if (!before) await insertFacts(db, spaceId, factsOf(after))
  else if (!hasSame(before, after, factFields)) await updateFacts(db, spaceId, factsOf(after))
  if (before && hasSame(before, after, countFields)) return
  for (const counts of countChanges(before, after)) await addCounts(db, { space_id: spaceId, ...counts })
}

const factFields = ['completedAt', 'dueDate', 'dueTime', 'dueTimeZone'] as const
const countFields = ['deletedAt', 'priority', 'completed', 'dueDate'] as const

function hasSame(before: Task, after: Task, fields: readonly (keyof Task)[]): boolean {
  return fields.every((field) => before[field] === after[field])
}

function factsOf({ id, createdAt, completedAt, dueDate, dueTime, dueTimeZone }: Task): Facts {
  return {
    task_id: id,
    created_ms: Date.parse(createdAt),
    completed_ms: completedAt === null ? null : Date.parse(completedAt),
    due_date: dueDate,
    due_time: dueTime,
    due_ms: dueDate && dueTime && dueTimeZone ? Date.parse(dueInstant(dueDate, dueTime, dueTimeZone)) : null,
  }
}

type Counts = Parameters<typeof addCounts>[1]

/** What a change adds to the counts of each priority that it touches. Tasks in the bin are not in them. */
function countChanges(before: Task | null, after: Task): Omit<Counts, 'space_id'>[] {
  const parts = [...counted(before, -1), ...counted(after, 1)]
  const [first, second] = parts
  if (!first || !second || first.priority !== second.priority) return parts
  const { priority } = first
  const sum = (figure: 'total' | 'completed' | 'undated') => first[figure] + second[figure]
  return [{ priority, total: sum('total'), completed: sum('completed'), undated: sum('undated') }]
}

function counted(task: Task | null, sign: 1 | -1): Omit<Counts, 'space_id'>[] {
  if (!task || task.deletedAt !== null) return []
  return [
    {
      priority: priorityNumbers[task.priority],
      total: sign,
      completed: task.completed ? sign : 0,
      undated: !task.completed && task.dueDate === null ? sign : 0,
    },
  ]
}

const priorityNumbers: Record<Priority, number> = { high: 1, medium: 2, low: 3 }
