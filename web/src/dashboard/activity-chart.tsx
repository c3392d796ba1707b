import { useMemo } from 'react'
import type { Stats } from '@taskwell/api'
import { DayBars } from './day-bars.tsx'
import { dateLocale } from '../ui/date-locale.ts'

const format = new Intl.DateTimeFormat(dateLocale, { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** What was created and completed on each day: as bars, and as a table for those who do not see them. */
export function ActivityChart({ activity }: { activity: Stats['activity'] }) {
  const days = useMemo(
    () => activity.map(({ date, created, completed }) => ({ name: dayName(date), created, completed })),
    [activity],
  )
  const sum = (name: 'created' | 'completed') => activity.reduce((total, day) => total + day[name], 0)
  return (
    <figure className="chart">
      <div aria-hidden="true" className="chart-drawing">
        <DayBars days={days} />
      </div>
      <figcaption>
        <span className="legend legend-created">{sum('created').toLocaleString()} created</span>
        <span className="legend legend-completed">{sum('completed').toLocaleString()} completed</span>
      </figcaption>
      <details className="chart-table">
        <summary>As a table</summary>
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Created</th>
              <th scope="col">Completed</th>
            </tr>
          </thead>
          <tbody>
            {activity.toReversed().map(({ date, created, completed }) => (
              <tr key={date}>
                <th scope="row">{dayName(date)}</th>
                <td>{created.toLocaleString()}</td>
                <td>{completed.toLocaleString()}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  )
}

function dayName(date: string): string {
  return format.format(Date.parse(`${date}T00:00Z`))
}
