import type { ActivityItem } from '@taskwell/api'
import { server } from '../server.ts'
import { LoadState } from '../ui/load-state.tsx'
import { useLoaded } from '../ui/use-loaded.ts'
import { dateLocale } from '../ui/date-locale.ts'

const verbs: Readonly<Record<ActivityItem['kind'], string>> = {
  'task.created': 'Added',
  'task.updated': 'Changed',
  'task.completed': 'Completed',
  'task.reopened': 'Reopened',
  'task.deleted': 'Deleted',
  'task.restored': 'Restored',
}

const moment = new Intl.DateTimeFormat(dateLocale, { dateStyle: 'medium', timeStyle: 'short' })

/** What happened lately, on all devices; read anew when the state of the copy is another. */
export function RecentActivity({ state }: { state: string | undefined }) {
  const { loaded, reload } = useLoaded(state, async () => {
    return (await server.listActivity({ query: { limit: 12 } })).body.items
  })
  return (
    <LoadState loaded={loaded} reload={reload}>
      {(items) =>
        items.length === 0 ? (
          <p className="quiet">Nothing yet. What you do to tasks shows here.</p>
        ) : (
          <ol className="rows">
            {items.map((item) => (
              <li key={`${item.revision} ${item.taskId}`}>
                <div className="recent">
                  <span className="quiet">{verbs[item.kind]}</span>{' '}
                  <span dir="auto" className="recent-title">
                    {item.title === '' ? 'an erased task' : item.title}
                  </span>
                </div>
                <time className="quiet" dateTime={item.at}>
                  {moment.format(Date.parse(item.at))}
                </time>
              </li>
            ))}
          </ol>
        )
      }
    </LoadState>
  )
}
