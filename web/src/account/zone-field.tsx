import { type RefObject, useEffect, useId, useRef, useState } from 'react'
import { lazyPart } from '../ui/lazy-part.tsx'

export interface ZoneProps {
  value: string
  change(zone: string): void
  /** Whether the user is there already. */
  focus: RefObject<boolean>
}

const ZoneChoice = lazyPart<ZoneProps>(async () => (await import('./zone-choice.tsx')).ZoneChoice, ZoneShown)
/** After the first screen, in milliseconds. */
const delay = 300

/** The time zone: shown at once, and to choose as soon as what that takes has been loaded. */
export function ZoneField({ value, change }: Omit<ZoneProps, 'focus'>) {
  const [isDue, setDue] = useState(false)
  const focus = useRef(false)
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), delay)
    return () => clearTimeout(timer)
  }, [])
  const Zone = isDue ? ZoneChoice : ZoneShown
  return <Zone value={value} change={change} focus={focus} />
}

function ZoneShown({ value, focus }: ZoneProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>Time zone</label>
      <div className="combo">
        <input
          id={id}
          aria-describedby={`${id}-hint`}
          readOnly
          value={value.replaceAll('_', ' ')}
          onFocus={() => (focus.current = true)}
          onBlur={() => (focus.current = false)}
        />
        <span className="icon-button" aria-hidden="true">
          <span className="chevron" />
        </span>
      </div>
      <p className="hint" id={`${id}-hint`}>
        “Today” and “overdue” are judged by it.
      </p>
    </div>
  )
}
