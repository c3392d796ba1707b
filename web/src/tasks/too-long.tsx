import { longestTexts } from '@taskwell/api'
import { isTooLong, type TextField } from './draft.ts'

const names: Readonly<Record<TextField, string>> = { title: 'A title', description: 'The notes' }

/** Says of a text that the server would refuse how much must go. */
export function TooLong({ field, text }: { field: TextField; text: string }) {
  if (!isTooLong(field, text)) return null
  const length = Array.from(field === 'title' ? text.trim() : text).length
  return (
    <p className="form-error" role="alert">
      {names[field]} can have {longestTexts[field].toLocaleString()} characters;{' '}
      {(length - longestTexts[field]).toLocaleString()} too many.
    </p>
  )
}
