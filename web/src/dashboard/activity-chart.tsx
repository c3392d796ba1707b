import { useMemo } from 'react'
import type { Stats } from '@taskwell/api'
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'

const format = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' })
const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches

/** What was created and completed on each day: as bars, and as a table for those who do not see them. */
export function ActivityChart({ activity }: { activity: Stats['activity'] }) {
  const days = useMemo(
    () => activity.map(({ date, created, completed }) => ({ day: dayName(date), created, completed })),
    [activity],
  )
  const sum = (name: 'created' | 'completed') => activity.reduce((total, day) => total + day[name], 0)
  return (
    <figure className="chart">
      <div aria-hidden="true" className="chart-drawing">
        <ResponsiveContainer width="100%" height={220}>
          <BarChart
            data={days}
            margin={{ top: 8, right: 0, bottom: 0, left: -24 }}
            barGap={1}
            accessibilityLayer={false}
          >
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis
              dataKey="day"
              tickLine={false}
              axisLine={false}
              minTickGap={24}
              tick={{ fill: 'var(--quiet)', fontSize: 12 }}
            />
            <YAxis
              allowDecimals={false}
              tickLine={false}
              axisLine={false}
              tick={{ fill: 'var(--quiet)', fontSize: 12 }}
            />
            <Tooltip
              cursor={{ fill: 'var(--hover)' }}
              isAnimationActive={false}
              contentStyle={{ background: 'var(--card)', border: '1px solid var(--line)', borderRadius: 8 }}
            />
            <Bar
              dataKey="created"
              name="Created"
              fill="var(--chart-created)"
              radius={[3, 3, 0, 0]}
              isAnimationActive={!isStill}
              animationDuration={300}
            />
            <Bar
              dataKey="completed"
              name="Completed"
              fill="var(--accent)"
              radius={[3, 3, 0, 0]}
              isAnimationActive={!isStill}
              animationDuration={300}
            />
          </BarChart>
        </ResponsiveContainer>
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
