import { type ActivityItem, changedFieldNames, type ChangeKind } from '@taskwell/api'
import { type ChangeRow, netEffects } from '../tasks/index.ts'

/** A row of history: one of the changes that a write made to a task. */
export interface Step extends ChangeRow {
  readonly kind: ChangeKind
}

/**
 * What a write is called that changed a task in these steps. Completion wins, then creation, then the bin; what was
 * done and taken back within the write does not count. It needs the kinds only, which stay when texts are erased.
 */
export function kindOfWrite(steps: readonly Step[]): ChangeKind {
  const [first] = steps
  if (!first) throw new Error('A write without steps')
  if (steps.length === 1) return first.kind
  const completion = lasting(steps, 'task.completed', 'task.reopened')
  if (first.kind === 'task.created') return completion === 'task.completed' ? completion : first.kind
  return completion ?? lasting(steps, 'task.deleted', 'task.restored') ?? 'task.updated'
}

/** These two take turns: what came first is still so at the end, or it was taken back. */
function lasting(steps: readonly Step[], one: ChangeKind, other: ChangeKind): ChangeKind | undefined {
  const kinds = steps.map(({ kind }) => kind).filter((kind) => kind === one || kind === other)
  return kinds.at(0) === kinds.at(-1) ? kinds.at(-1) : undefined
}

/** The fields that the write left with another value. */
export function changedIn(steps: readonly Step[]): ActivityItem['changed'] {
  if (steps.some(({ after }) => after === null)) return []
  const [effect] = netEffects(steps)
  if (!effect || effect.isCreation) return []
  return changedFieldNames.filter((field) => effect.before[field] !== undefined)
}
