import { useEffect, useRef, useState } from 'react'
import { navigate } from '../navigation.tsx'
import { readView, viewAddress } from './view-address.ts'

/** How long a pause in typing is, in milliseconds. */
const pause = 250

/** What is typed into the search counts at once, and comes to the address when the user pauses. */
export function useQuery(written: string): [string, (query: string) => void] {
  const [query, setQuery] = useState(written)
  const typed = useRef(written)
  useEffect(() => {
    // The address changed by a link or by going back.
    if (written !== typed.current) setQuery(written)
    typed.current = written
  }, [written])
  useEffect(() => {
    if (query === typed.current) return undefined
    const timer = setTimeout(() => {
      typed.current = query
      const view = readView(new URLSearchParams(location.search))
      navigate(viewAddress({ ...view, q: query }), { replace: true })
    }, pause)
    return () => clearTimeout(timer)
  }, [query])
  return [query, setQuery]
}
