import { useEffect, useId, useState } from 'react'
import { lazyPart } from '../ui/lazy-part.tsx'

interface ZoneProps {
  value: string
  change(zone: string): void
}

const ZoneChoice = lazyPart<ZoneProps>(async () => (await import('./zone-choice.tsx')).ZoneChoice, ZoneShown)
/** After the first screen, in milliseconds. */
const preloadingDelay = 300

/** The time zone. The list of all of them is large: it is made when somebody comes to choose. */
export function ZoneField(props: ZoneProps) {
  const [isWanted, want] = useState(false)
  useEffect(() => {
    const timer = setTimeout(ZoneChoice.preload, preloadingDelay)
    return () => clearTimeout(timer)
  }, [])
  return isWanted ? <ZoneChoice {...props} /> : <ZoneShown {...props} choose={() => want(true)} />
}

function ZoneShown({ value, choose }: ZoneProps & { choose?(): void }) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id}>Time zone</label>
      <div className="combo">
        <input
          id={id}
          role="combobox"
          aria-expanded={false}
          aria-describedby={`${id}-hint`}
          readOnly
          value={value.replaceAll('_', ' ')}
          onFocus={choose}
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
