import { navigate } from '../navigation.tsx'

/** Whether the page only makes sense before signing in; every other address is where the user wanted to go. */
export function isEntry(pathname: string): boolean {
  return ['/sign-in', '/register', '/forgot-password'].includes(pathname)
}

export function leaveEntry(): void {
  if (isEntry(location.pathname)) navigate('/tasks', { replace: true })
}
