import { useMemo, useState } from 'react'
import { priorities, type Stats } from '@taskwell/api'
import { Link } from '../navigation.tsx'
import { server } from '../server.ts'
import { useSnapshot, useUser } from '../session/hooks.ts'
import type { TaskView } from '../tasks/task-list.ts'
import { viewAddress } from '../tasks/view-address.ts'
import { LoadState } from '../ui/load-state.tsx'
import { useLoaded } from '../ui/use-loaded.ts'
import { useClock } from '../ui/use-now.ts'
import { useTitle } from '../ui/use-title.ts'
import { ActivityChart } from './activity-chart.tsx'
import { countTasks, type Totals } from './count-tasks.ts'
import { RecentActivity } from './recent-activity.tsx'

const tiles: readonly (readonly [keyof Totals, string, Partial<TaskView>])[] = [
  ['overdue', 'Overdue', { due: 'overdue' }],
  ['dueToday', 'Due today', { due: 'today' }],
  ['dueThisWeek', 'Next 7 days', { due: 'week' }],
  ['noDueDate', 'Open, no date', { due: 'none', completed: false }],
  ['pending', 'Open', { completed: false }],
  ['completed', 'Done', { completed: true }],
  ['total', 'In all', {}],
]

/** Figures that lead to the tasks behind them. What the copy can count is there at once and offline. */
export function DashboardScreen() {
  useTitle('Dashboard')
  const { tasks, revision, status } = useSnapshot()
  const clock = useClock(useUser().timeZone)
  const { all, byPriority } = useMemo(() => countTasks(tasks.values(), clock), [tasks, clock])
  const [days, setDays] = useState(30)
  const { timeZone } = clock
  // At first the copy is about to say how far the server is; what is loaded before would be loaded again.
  const isReady = revision > 0 || status !== 'catching up'
  const state = isReady ? `${revision} ${status === 'offline'}` : undefined
  const { loaded, reload } = useLoaded(state && `${state} ${clock.minute} ${days}`, async () => {
    return (await server.getStats({ query: { days, timeZone } })).body
  })
  return (
    <div className="screen dashboard">
      <h1>Dashboard</h1>
      <ul className="tiles" aria-label="Totals">
        {tiles.map(([name, title, view]) => (
          <li key={name}>
            <Link href={viewAddress(view)} className={`tile tile-${name}${all[name] === 0 ? ' is-zero' : ''}`}>
              <TileNumber count={all[name]} /> <span>{title}</span>
            </Link>
          </li>
        ))}
      </ul>
      <section className="card" aria-labelledby="activity-title">
        <div className="screen-head">
          <h2 id="activity-title">Created and completed</h2>
          <select aria-label="Days" value={days} onChange={(event) => setDays(Number(event.target.value))}>
            <option value="7">7 days</option>
            <option value="30">30 days</option>
            <option value="90">90 days</option>
            <option value="365">A year</option>
          </select>
        </div>
        <div className="chart-place">
          <LoadState loaded={loaded} reload={reload}>
            {(stats) => <ActivityChart activity={stats.activity} />}
          </LoadState>
        </div>
      </section>
      <div className="card-pair">
        <section className="card performance-card" aria-labelledby="performance-title">
          <h2 id="performance-title">How it goes</h2>
          <LoadState loaded={loaded} reload={reload}>
            {({ performance }) => <Performance performance={performance} days={days} />}
          </LoadState>
        </section>
        <section className="card" aria-labelledby="priority-title">
          <h2 id="priority-title">By priority</h2>
          <table className="figures">
            <thead>
              <tr>
                <th scope="col">Priority</th>
                <th scope="col">Open</th>
                <th scope="col">Overdue</th>
                <th scope="col">Done</th>
              </tr>
            </thead>
            <tbody>
              {priorities.map((priority) => (
                <tr key={priority}>
                  <th scope="row">
                    <span className={`mark mark-${priority}`}>
                      {priority.charAt(0).toUpperCase() + priority.slice(1)}
                    </span>
                  </th>
                  <Figure count={byPriority[priority].pending} view={{ priority: [priority], completed: false }} />
                  <Figure count={byPriority[priority].overdue} view={{ priority: [priority], due: 'overdue' }} />
                  <Figure count={byPriority[priority].completed} view={{ priority: [priority], completed: true }} />
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </div>
      <section className="card" aria-labelledby="recent-title">
        <h2 id="recent-title">Recent activity</h2>
        <RecentActivity state={state} />
      </section>
    </div>
  )
}

function TileNumber({ count }: { count: number }) {
  const text = count.toLocaleString()
  const size = text.length > 7 ? ' is-longest' : text.length > 5 ? ' is-long' : ''
  return <span className={`tile-number${size}`}>{text}</span>
}

function Figure({ count, view }: { count: number; view: Partial<TaskView> }) {
  return (
    <td>
      <Link href={viewAddress(view)}>{count.toLocaleString()}</Link>
    </td>
  )
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 })

function Performance({ performance: it, days }: { performance: Stats['performance']; days: number }) {
  const difference = it.completedLast7Days - it.completedPrevious7Days
  const trend =
    difference === 0
      ? 'as many as'
      : `${Math.abs(difference).toLocaleString()} ${difference > 0 ? 'more' : 'fewer'} than`
  const facts: [string, string, string][] = [
    ['Completed', rate(it.completionRate), `of what was added in ${days} days`],
    ['On time', rate(it.onTimeRate), 'of what was completed with a date'],
    ['In a row', dayCount(it.currentStreakDays), `with something done; at best ${dayCount(it.longestStreakDays)}`],
    ['Last 7 days', it.completedLast7Days.toLocaleString(), `done, ${trend} in the 7 days before`],
    ['Time to done', duration(it.medianHoursToComplete), 'from adding to done, half take less'],
  ]
  return (
    <dl className="facts">
      {facts.map(([name, value, meaning]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span className="fact-value">{value}</span> <span className="quiet">{meaning}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}

function rate(value: number | null): string {
  return value === null ? '–' : percent.format(value)
}

function dayCount(days: number): string {
  return days === 1 ? '1 day' : `${days.toLocaleString()} days`
}

function duration(hours: number | null): string {
  if (hours === null) return '–'
  if (hours < 1) return `${Math.round(hours * 60)} min`
  return hours < 48 ? `${Math.round(hours)} h` : dayCount(Math.round(hours / 24))
}
