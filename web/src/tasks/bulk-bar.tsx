import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components'
import { priorities, type Task } from '@taskwell/api'
import type { Actions } from './actions.ts'
import { addDays, type Clock } from './clock.ts'

/** What can be done to all selected tasks. */
export function BulkBar(props: {
  tasks: readonly Task[]
  /** How many could be selected. */
  all: number
  clock: Clock
  actions: Actions
  selectAll(): void
  clear(): void
}) {
  const { tasks, clock, actions, clear } = props
  const areDone = tasks.every(({ completed }) => completed)
  const perform = (action: () => void) => {
    action()
    clear()
  }
  const days: [string, string | null][] = [
    ['Today', clock.today],
    ['Tomorrow', addDays(clock.today, 1)],
    ['In a week', addDays(clock.today, 7)],
    ['No date', null],
  ]
  return (
    <section className="bulk-bar" aria-label="Selected tasks">
      <span className="bulk-count" role="status">
        {tasks.length.toLocaleString()} selected
      </span>
      {tasks.length < props.all && (
        <button type="button" className="button small" onClick={props.selectAll}>
          All {props.all.toLocaleString()}
        </button>
      )}
      <button type="button" className="button small" onClick={() => perform(() => actions.complete(tasks, !areDone))}>
        {areDone ? 'Reopen' : 'Complete'}
      </button>
      <Choice
        label="Move to"
        items={days.map(([name]) => name)}
        choose={(name) => perform(() => actions.redate(tasks, days.find(([day]) => day === name)?.[1] ?? null))}
      />
      <Choice
        label="Priority"
        items={priorities.map((name) => name.charAt(0).toUpperCase() + name.slice(1))}
        choose={(name) => {
          const priority = priorities.find((known) => known === name.toLowerCase())
          if (priority) perform(() => actions.prioritise(tasks, priority))
        }}
      />
      <button type="button" className="button small danger-text" onClick={() => perform(() => actions.remove(tasks))}>
        Delete
      </button>
      <button type="button" className="icon-button bulk-clear" aria-label="Clear the selection" onClick={clear}>
        <span aria-hidden="true">✕</span>
      </button>
    </section>
  )
}

function Choice(props: { label: string; items: readonly string[]; choose(item: string): void }) {
  return (
    <MenuTrigger>
      <Button className="button small">
        {props.label} <span className="chevron" aria-hidden="true" />
      </Button>
      <Popover className="popover" placement="top">
        <Menu className="menu" aria-label={props.label} onAction={(key) => props.choose(String(key))}>
          {props.items.map((item) => (
            <MenuItem key={item} id={item} className="menu-item">
              {item}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
