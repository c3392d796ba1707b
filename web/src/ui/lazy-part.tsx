import { type ComponentType, createElement, useCallback, useEffect, useState } from 'react'

export type LazyPart<P> = ComponentType<P> & {
  /** Loads it before it is needed, so that it is there offline, too. */
  preload(): void
}

/**
 * A part of the app that is loaded when it is first drawn; `Meanwhile` holds its place. Where that fails, the rest goes
 * on, and the user can try again.
 */
export function lazyPart<P extends object>(
  load: () => Promise<ComponentType<P>>,
  Meanwhile: ComponentType<P> = Loading,
): LazyPart<P> {
  let loaded: ComponentType<P> | undefined
  const get = async () => {
    loaded ??= await load()
  }
  function Part(props: P) {
    const [state, setState] = useState<'loading' | 'failed' | 'there'>('loading')
    const attempt = useCallback(() => {
      setState('loading')
      get().then(
        () => setState('there'),
        () => setState('failed'),
      )
    }, [])
    useEffect(() => {
      if (!loaded) attempt()
    }, [attempt])
    if (loaded) return createElement(loaded, props)
    if (state === 'loading') return createElement(Meanwhile, props)
    return (
      <div className="notice" role="alert">
        <p>This could not be loaded: the server cannot be reached. Your tasks are safe.</p>
        <button type="button" className="button small" onClick={attempt}>
          Try again
        </button>
      </div>
    )
  }
  return Object.assign(Part, { preload: () => void get().catch(() => {}) })
}

function Loading() {
  return <p className="quiet part-waits">Loading…</p>
}
