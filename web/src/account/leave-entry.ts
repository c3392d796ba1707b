import { navigate } from '../navigation.tsx'

/** On from the pages that only make sense before signing in; every other address is where the user wanted to go. */
export function leaveEntry(): void {
  if (['/sign-in', '/register', '/forgot-password'].includes(location.pathname)) navigate('/tasks', { replace: true })
}
