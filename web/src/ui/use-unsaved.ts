import { useEffect } from 'react'

/** Lets the browser ask before a reload or a closed tab loses what was typed. */
export function useUnsaved(isUnsaved: boolean): void {
  useEffect(() => {
    if (!isUnsaved) return
    // Only while there is something to lose: the listener keeps a page out of the browser's cache for going back.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isUnsaved])
}
