import type { ReactNode } from 'react'
import { joinTexts, type TextField } from './draft.ts'

/** Shows what came from elsewhere into a text that the user has changed, too, and lets them choose. */
export function TextConflict(props: {
  field: TextField
  theirs: string
  own: string
  choose(text: string): void
  /** What has happened. */
  children: ReactNode
}) {
  const { field, theirs, own, choose } = props
  return (
    <div className="notice conflict" role="alert">
      <p>{props.children}</p>
      <p className="conflict-text" dir="auto">
        {theirs === '' ? <span className="quiet">empty</span> : theirs}
      </p>
      <div className="form-actions">
        <button type="button" className="button small" onClick={() => choose(own)}>
          Keep mine
        </button>
        <button type="button" className="button small" onClick={() => choose(theirs)}>
          Take theirs
        </button>
        {field === 'description' && theirs !== '' && own !== '' && (
          <button type="button" className="button small" onClick={() => choose(joinTexts(field, theirs, own))}>
            Keep both
          </button>
        )}
      </div>
    </div>
  )
}
