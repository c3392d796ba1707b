import { useCallback, useEffect, useRef, useState } from 'react'
import { explain } from '../server.ts'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'there'; readonly value: T }

/**
 * What the server answers; loaded when `key` changes and when `reload` is called, and not while there is no key. The last
 * answer stays until the next is there.
 */
export function useLoaded<T>(key: string | undefined, load: () => Promise<T>): { loaded: Loaded<T>; reload(): void } {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' })
  const latest = useRef(load)
  latest.current = load
  const turn = useRef(0)
  const reload = useCallback(() => {
    const mine = ++turn.current
    latest.current().then(
      (value) => mine === turn.current && setLoaded({ state: 'there', value }),
      (error: unknown) =>
        mine === turn.current &&
        setLoaded((before) => (before.state === 'there' ? before : { state: 'failed', message: explain(error) })),
    )
  }, [])
  useEffect(() => {
    if (key !== undefined) reload()
    return () => void turn.current++
  }, [key, reload])
  return { loaded, reload }
}
