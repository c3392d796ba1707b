import type { HistoryItem } from '@taskwell/api'
import { server } from '../server.ts'
import { LoadState } from '../ui/load-state.tsx'
import { useLoaded } from '../ui/use-loaded.ts'
import { dateLocale } from '../ui/date-locale.ts'

const verbs: Readonly<Record<HistoryItem['kind'], string>> = {
  'task.created': 'Created',
  'task.updated': 'Changed',
  'task.completed': 'Completed',
  'task.reopened': 'Reopened',
  'task.deleted': 'Moved to the bin',
  'task.restored': 'Restored',
}

const names: Readonly<Record<string, string>> = {
  title: 'title',
  description: 'notes',
  priority: 'priority',
  dueDate: 'day',
  dueTime: 'time',
  dueTimeZone: 'time zone',
}

/** Letters of a value that are shown at once. */
const longest = 120

const moment = new Intl.DateTimeFormat(dateLocale, { dateStyle: 'medium', timeStyle: 'short' })

/** What happened to a task, the latest first. The server knows; it is loaded anew with each version. */
export function TaskHistory({ id, version }: { id: string; version: number }) {
  const { loaded, reload } = useLoaded(`${id} ${version}`, async () => {
    const { body } = await server.listTaskHistory({ params: { id }, query: { limit: 50 } })
    return body
  })
  return (
    <LoadState loaded={loaded} reload={reload}>
      {({ items, nextCursor }) => (
        <>
          <ol className="history">
            {items.map((item) => (
              <li key={item.revision}>
                <span className="history-what">
                  {item.undoes === null ? verbs[item.kind] : `Undone: ${verbs[item.kind].toLowerCase()}`}
                  {item.by.name === null ? '' : ` by ${item.by.name}`}
                </span>{' '}
                <time dateTime={item.at}>{moment.format(Date.parse(item.at))}</time>
                <Differences item={item} />
              </li>
            ))}
          </ol>
          {nextCursor !== null && <p className="quiet">Older changes are not shown.</p>}
        </>
      )}
    </LoadState>
  )
}

function Differences({ item }: { item: HistoryItem }) {
  if (item.before === null) return null
  const before: Readonly<Record<string, unknown>> = item.before
  const changed = Object.entries(item.after).filter(([field]) => names[field] !== undefined)
  if (changed.length === 0) return null
  return (
    <ul className="differences">
      {changed.map(([field, value]) => (
        <li key={field}>
          {names[field]}:{' '}
          <del dir="auto">
            <Value value={before[field]} />
          </del>{' '}
          →{' '}
          <ins dir="auto">
            <Value value={value} />
          </ins>
        </li>
      ))}
    </ul>
  )
}

/** A long text can be opened, so that nothing that was written over is lost. */
function Value({ value }: { value: unknown }) {
  if (value === null || value === undefined || value === '') return 'none'
  const letters = Array.from(String(value))
  if (letters.length <= longest) return letters.join('')
  return (
    <details>
      <summary>{letters.slice(0, longest - 1).join('')}…</summary>
      <div className="history-text">{letters.join('')}</div>
    </details>
  )
}
