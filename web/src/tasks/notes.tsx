import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { tokenize } from 'linkifyjs'
import { isTooLong } from './draft.ts'

/** Notes: shown with their links until the user wants to write. */
export function Notes({ value, change }: { value: string; change(value: string): void }) {
  const [isWriting, setWriting] = useState(value === '')
  const area = useRef<HTMLTextAreaElement>(null)
  useLayoutEffect(() => {
    const element = area.current
    if (!element) return
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight + 2}px`
  }, [value, isWriting])
  if (!isWriting) {
    return (
      <div className="notes-shown">
        <div className="notes" dir="auto">
          {withLinks(value)}
        </div>
        <button
          className="button small"
          type="button"
          onClick={() => {
            setWriting(true)
            requestAnimationFrame(() => area.current?.focus())
          }}
        >
          Edit notes
        </button>
      </div>
    )
  }
  return (
    <textarea
      ref={area}
      className="notes-input"
      aria-label="Notes"
      placeholder="Notes"
      dir="auto"
      rows={2}
      aria-invalid={isTooLong('description', value)}
      value={value}
      onChange={(event) => change(event.target.value)}
    />
  )
}

function withLinks(text: string): ReactNode[] {
  return tokenize(text).map((token, index) => {
    if (!token.isLink) return token.toString()
    const href = token.toHref('https')
    if (!/^(https?|mailto):/i.test(href)) return token.toString()
    return (
      <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
        {token.toString()}
      </a>
    )
  })
}
