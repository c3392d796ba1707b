import { joinTexts, type TextField } from './draft.ts'

const names: Readonly<Record<TextField, string>> = { title: 'The title was', description: 'The notes were' }

/** Shows what came from elsewhere into a text that the user has changed, too, and lets them choose. */
export function TextConflict(props: { field: TextField; theirs: string; own: string; choose(text: string): void }) {
  const { field, theirs, own, choose } = props
  return (
    <div className="notice conflict" role="alert">
      <p>{names[field]} changed elsewhere while you were writing:</p>
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
