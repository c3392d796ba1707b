import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react'

const changed = 'taskwell:navigated'

/** Goes to an address inside the app without loading a page. */
export function navigate(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return
  const isOtherScreen = new URL(to, location.href).pathname !== location.pathname
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  dispatchEvent(new Event(changed))
  if (isOtherScreen) scrollTo(0, 0)
}

/** The present address; whoever uses it is drawn anew when it changes. */
export function useAddress(): URL {
  return new URL(useSyncExternalStore(subscribe, () => location.href))
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener)
  addEventListener(changed, listener)
  return () => {
    removeEventListener('popstate', listener)
    removeEventListener(changed, listener)
  }
}

/** A link inside the app. Opening it in a new tab works as with any link. */
export function Link({ href, ...props }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    props.onClick?.(event)
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (event.defaultPrevented || !isPlain) return
    event.preventDefault()
    navigate(href)
  }
  return (
    <a {...props} href={href} onClick={follow}>
      {props.children}
    </a>
  )
}
