import type { HistoryItem, Task, TaskChanges } from '@taskwell/api'
import { hasCode, server } from '../server.ts'
import { type TextField, texts } from './draft.ts'

/** A text that was written without knowing what the server had by then. */
export interface OfflineText {
  readonly taskId: string
  readonly field: TextField
  /** What the user saw when they began. */
  readonly base: string
  /** What they wrote first, and what last. */
  readonly first: string
  readonly own: string
}

export interface Overwritten extends OfflineText {
  readonly theirs: string
}

/** Remembers which texts are written offline, until it is known what they have written over. */
export function noteOfflineTexts(userId: string, task: Task, changes: TaskChanges): void {
  let noted = recall(userId)
  for (const field of texts) {
    const own = changes[field]
    if (own === undefined) continue
    const before = noted.find((text) => text.taskId === task.id && text.field === field)
    const begun = before ?? { taskId: task.id, field, base: task[field] ?? '', first: own ?? '' }
    noted = [...noted.filter((text) => text !== before), { ...begun, own: own ?? '' }]
  }
  keep(userId, noted)
}

/**
 * Once everything is sent: which of them have written over a text that the user had not seen. What was undone or changed
 * again since does not count.
 */
export async function findOverwritten(userId: string, tasks: ReadonlyMap<string, Task>): Promise<Overwritten[]> {
  const found: Overwritten[] = []
  for (const text of recall(userId)) {
    const stands = (tasks.get(text.taskId)?.[text.field] ?? '') === text.own
    const theirs = stands ? await readOverwritten(text) : undefined
    if (theirs === undefined) forgetOfflineText(userId, text)
    else found.push({ ...text, theirs })
  }
  return found
}

export function forgetOfflineText(userId: string, { taskId, field }: OfflineText): void {
  keep(
    userId,
    recall(userId).filter((text) => text.taskId !== taskId || text.field !== field),
  )
}

export function forgetOfflineTexts(userId: string): void {
  localStorage.removeItem(keyOf(userId))
}

/** The history tells what was there before. */
async function readOverwritten({ taskId, field, base, first, own }: OfflineText): Promise<string | undefined> {
  const items = await readHistory(taskId)
  const write = items.find(({ after }) => after[field] !== undefined && (after[field] ?? '') === first)
  const theirs = write?.before?.[field] ?? ''
  return write?.before && theirs !== base && theirs !== own ? theirs : undefined
}

async function readHistory(id: string): Promise<readonly HistoryItem[]> {
  try {
    return (await server.listTaskHistory({ params: { id }, query: { limit: 200 } })).body.items
  } catch (error) {
    // The task was erased since.
    if (hasCode(error, 'not_found')) return []
    throw error
  }
}

function recall(userId: string): OfflineText[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(userId)) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isOfflineText) : []
  } catch {
    return []
  }
}

function keep(userId: string, written: readonly OfflineText[]): void {
  if (written.length === 0) return forgetOfflineTexts(userId)
  try {
    localStorage.setItem(keyOf(userId), JSON.stringify(written))
  } catch {
    // There is no room: the text is saved all the same, and the history keeps the other.
  }
}

function isOfflineText(value: unknown): value is OfflineText {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['taskId', 'field', 'base', 'first', 'own'].every((name) => name in value)
  )
}

function keyOf(userId: string): string {
  return `taskwell.offline-texts-${userId}`
}
