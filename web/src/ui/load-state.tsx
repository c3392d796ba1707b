import type { ReactNode } from 'react'
import type { Loaded } from './use-loaded.ts'

/** Draws what was loaded, or says that it is on its way, or why it is not there and what to do. */
export function LoadState<T>({
  loaded,
  reload,
  children,
}: {
  loaded: Loaded<T>
  reload(): void
  children(value: T): ReactNode
}) {
  if (loaded.state === 'there') return children(loaded.value)
  if (loaded.state === 'loading') return <p className="quiet">Loading…</p>
  return (
    <div className="notice">
      <p>{loaded.message}</p>
      <button className="button" type="button" onClick={reload}>
        Try again
      </button>
    </div>
  )
}
