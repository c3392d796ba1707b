import type { Priority, Task } from '@taskwell/api'
import type { CompiledQuery } from 'kysely'
import { dueInstant } from '../calendar/index.ts'
import type { Database } from '../database/open.ts'
import {
  completionToMark,
  type Count,
  countToAdd,
  type Facts,
  factsToInsert,
  factsToUpdate,
  unmarkCompletion,
} from './queries.ts'

interface TaskChange {
  readonly before: Task | null
  readonly after: Task
}

/**
 * What keeps the figures that the dashboard reads true to a change of a task; part of the transaction that makes it, in a
 * space that is locked. Erasing a task and removing its tombstone change none of it: the figures do not rewrite the past.
 */
export function figuresToKeep(db: Database, spaceId: string, { before, after }: TaskChange): CompiledQuery[] {
  const writes = countChanges(before, after).map((count) => countToAdd(db, spaceId, count))
  const facts = factsOf(after)
  if (!before) writes.push(factsToInsert(db, spaceId, facts))
  else if (factFields.some((field) => before[field] !== after[field])) writes.push(factsToUpdate(db, spaceId, facts))
  if (facts.completed_ms !== null && before?.completedAt !== after.completedAt)
    writes.push(completionToMark(db, spaceId, facts.completed_ms))
  return writes
}

/** Once the rest is kept: takes back the mark of a completion that is no more, if there was no other one at its time. */
export async function forgetCompletion(db: Database, spaceId: string, { before, after }: TaskChange): Promise<void> {
  const completedBefore = before?.completedAt ?? null
  if (completedBefore === null || completedBefore === after.completedAt) return
  await unmarkCompletion(db, spaceId, Date.parse(completedBefore))
}

const factFields = ['completedAt', 'dueDate', 'dueTime', 'dueTimeZone'] as const

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

/** What a change adds to the counts. */
function countChanges(before: Task | null, after: Task): Count[] {
  const changes = [...counted(before, -1), ...counted(after, 1)]
  const groups = Map.groupBy(changes, ({ priority, figure }) => `${priority} ${figure}`)
  return [...groups.values()]
    .flatMap(([first, second]) => (first ? [{ ...first, count: first.count + (second?.count ?? 0) }] : []))
    .filter(({ count }) => count !== 0)
}

/** Where a task counts; one in the bin nowhere. */
function counted(task: Task | null, count: 1 | -1): Count[] {
  if (!task || task.deletedAt !== null) return []
  const priority = priorityNumbers[task.priority]
  const state = task.completed ? 'completed' : (task.dueDate ?? 'undated')
  return ['total', state].map((figure) => ({ priority, figure, count }))
}

const priorityNumbers: Record<Priority, number> = { high: 1, medium: 2, low: 3 }
