import type { Task } from '@taskwell/api'
import { notFound } from '../errors.ts'
import { contentFields } from './content.ts'

/** The fields that writes change and undoing brings back: content, and whether the task is in the bin. */
export const fields = [...contentFields, 'deletedAt'] as const
export type Field = (typeof fields)[number]
export type Fields = Partial<Pick<Task, Field>>

/** What a write did to one task altogether. */
export interface Effect {
  readonly taskId: string
  readonly isCreation: boolean
  /** The changed fields as they were. */
  readonly before: Fields
  /** The changed fields as the write left them, and in any case whether the task was in the bin then. */
  readonly left: Fields
}

export interface ChangeRow {
  readonly task_id: string
  readonly kind: string
  readonly before: string | null
  readonly after: string | null
}

/**
 * The effect of a write, task by task, from its rows of history in order: several changes of a task count as one, and
 * those that cancelled each other as none.
 * @throws not_found when some of it was erased.
 */
export function netEffects(rows: readonly ChangeRow[]): Effect[] {
  const effects = new Map<string, Effect>()
  for (const row of rows) {
    if (row.after === null) throw notFound('Change')
    const known = effects.get(row.task_id)
    effects.set(row.task_id, {
      taskId: row.task_id,
      isCreation: known?.isCreation ?? row.kind === 'task.created',
      before: { ...readFields(row.before), ...known?.before },
      left: { deletedAt: null, ...known?.left, ...readFields(row.after) },
    })
  }
  return [...effects.values()].map(withoutUnchanged).filter(hasEffect)
}

function withoutUnchanged(effect: Effect): Effect {
  const { isCreation, before, left } = effect
  if (isCreation) return effect
  const changed = fields.filter((field) => before[field] !== undefined && before[field] !== left[field])
  return { ...effect, before: pickFields(before, changed), left: pickFields(left, [...changed, 'deletedAt']) }
}

/** A task that the write made and deleted again leaves nothing to undo. */
function hasEffect({ isCreation, before, left }: Effect): boolean {
  return isCreation ? left.deletedAt === null : Object.keys(before).length > 0
}

/** These fields alone. */
export function pickFields(from: Fields, names: readonly Field[]): Fields {
  return Object.fromEntries(names.map((name) => [name, from[name]]))
}

function readFields(json: string | null): Fields {
  return json === null ? {} : JSON.parse(json)
}
