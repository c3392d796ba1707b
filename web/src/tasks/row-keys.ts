import type { Task } from '@taskwell/api'
import type { Actions } from './actions.ts'
import { addDays, type Clock } from './clock.ts'

interface Row {
  /** On which the key was pressed. */
  readonly task: Task
  /** All that are selected, if it is one of them; else it alone. */
  readonly targets: readonly Task[]
}

export interface RowKeys {
  readonly actions: Actions
  readonly clock: Clock
  open(id: string): void
  select(id: string, isRange: boolean): void
  clearSelection(): void
}

/** What keys do on a row of the list; `frame/keys.tsx` tells users of them. */
export const rowKeys: Readonly<Record<string, (on: Row, keys: RowKeys) => void>> = {
  ' ': ({ task, targets }, { actions }) => actions.complete(targets, !task.completed),
  Enter: ({ task }, { open }) => open(task.id),
  e: ({ task }, { open }) => open(task.id),
  x: ({ task }, { select }) => select(task.id, false),
  X: ({ task }, { select }) => select(task.id, true),
  Delete: ({ targets }, { actions }) => actions.remove(targets),
  Backspace: ({ targets }, { actions }) => actions.remove(targets),
  '#': ({ targets }, { actions }) => actions.remove(targets),
  '1': ({ targets }, { actions }) => actions.prioritise(targets, 'high'),
  '2': ({ targets }, { actions }) => actions.prioritise(targets, 'medium'),
  '3': ({ targets }, { actions }) => actions.prioritise(targets, 'low'),
  t: ({ targets }, { actions, clock }) => actions.redate(targets, clock.today),
  w: ({ targets }, { actions, clock }) => actions.redate(targets, addDays(clock.today, 1)),
  Escape: (_, { clearSelection }) => clearSelection(),
}
