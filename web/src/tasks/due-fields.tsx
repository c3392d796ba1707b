import { useId } from 'react'
import type { Clock } from './clock.ts'
import { addDays } from './clock.ts'
import { dayLabel } from './due-label.ts'

export interface DueDraft {
  readonly dueDate: string
  readonly dueTime: string
  /** Empty: the time is meant wherever the user is. */
  readonly dueTimeZone: string
}

/** Day, time and zone. Each needs the one before it, so what cannot be yet is switched off. */
export function DueFields(props: { due: DueDraft; clock: Clock; change(due: DueDraft): void }) {
  const { due, clock, change } = props
  const id = useId()
  const setDate = (dueDate: string) =>
    change(dueDate === '' ? { dueDate, dueTime: '', dueTimeZone: '' } : { ...due, dueDate })
  const shortcuts = [clock.today, addDays(clock.today, 1), addDays(clock.today, 7)]
  return (
    <fieldset className="due-fields">
      <legend>Due</legend>
      <div className="due-shortcuts">
        {shortcuts.map((day, index) => (
          <button
            key={day}
            type="button"
            className="button small"
            aria-pressed={due.dueDate === day}
            onClick={() => setDate(day)}
          >
            {index === 2 ? 'In a week' : dayLabel(day, clock.today)}
          </button>
        ))}
        <button type="button" className="button small" aria-pressed={due.dueDate === ''} onClick={() => setDate('')}>
          No date
        </button>
      </div>
      <div className="due-inputs">
        <label htmlFor={`${id}-day`}>
          Day
          <input
            id={`${id}-day`}
            type="date"
            max="9999-12-31"
            value={due.dueDate}
            onChange={(event) => setDate(event.target.value)}
          />
        </label>
        <label htmlFor={`${id}-time`}>
          Time
          <input
            id={`${id}-time`}
            type="time"
            disabled={due.dueDate === ''}
            value={due.dueTime}
            onChange={({ target }) =>
              change({ ...due, dueTime: target.value, dueTimeZone: target.value === '' ? '' : due.dueTimeZone })
            }
          />
        </label>
        <label htmlFor={`${id}-zone`}>
          Time zone
          <select
            id={`${id}-zone`}
            disabled={due.dueTime === ''}
            value={due.dueTimeZone}
            onChange={(event) => change({ ...due, dueTimeZone: event.target.value })}
          >
            <option value="">Wherever I am</option>
            {zoneChoices(due.dueTimeZone, clock.timeZone).map((zone) => (
              <option key={zone} value={zone}>
                {zone.replaceAll('_', ' ')}
              </option>
            ))}
          </select>
        </label>
      </div>
    </fieldset>
  )
}

/** All zones, those that matter to the user first. */
function zoneChoices(chosen: string, own: string): string[] {
  return [...new Set([own, chosen, ...Intl.supportedValuesOf('timeZone')])].filter((zone) => zone !== '')
}
