import type { SyncSnapshot } from '@taskwell/api'
import { Link } from '../navigation.tsx'

/** Why there is nothing in the list, and what to do. */
export function EmptyList(props: { hasCopy: boolean; status: SyncSnapshot['status']; isFiltered: boolean }) {
  if (!props.hasCopy) {
    if (props.status === 'offline') {
      return (
        <div className="empty">
          <h2>The server cannot be reached</h2>
          <p>Your tasks show as soon as it answers. What you add meanwhile is kept here and sent then.</p>
        </div>
      )
    }
    return (
      <div className="skeleton" role="status">
        <span className="visually-hidden">Loading your tasks</span>
        {[1, 2, 3, 4, 5].map((line) => (
          <div key={line} className="skeleton-line" />
        ))}
      </div>
    )
  }
  if (props.isFiltered) {
    return (
      <div className="empty">
        <h2>No task matches</h2>
        <p>
          Try fewer words or filters, or <Link href="/tasks">see all tasks</Link>.
        </p>
      </div>
    )
  }
  return (
    <div className="empty">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M5 12l5 5L20 7" />
      </svg>
      <h2>Nothing to do</h2>
      <p>
        Type a task above and press Enter. A day, a time and a priority in the line are understood: “call Ada friday
        14:00 !high”.
      </p>
    </div>
  )
}
