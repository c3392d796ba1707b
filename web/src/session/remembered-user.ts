import type { User } from '@taskwell/api'

const key = 'taskwell.user'
const logoutKey = 'taskwell.logout-due'

/** Who used this browser last and has not signed out: their copy can be shown before the server is asked. */
export function recallUser(): User | undefined {
  try {
    const user: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return isUser(user) ? user : undefined
  } catch {
    return undefined
  }
}

/** Other tabs hear of it. */
export function rememberUser(user: User | undefined): void {
  if (user) localStorage.setItem(key, JSON.stringify(user))
  else localStorage.removeItem(key)
}

/** Calls back when another tab signs out, or in as somebody else. */
export function onOtherUser(listener: (user: User | undefined) => void): void {
  window.addEventListener('storage', (event) => {
    if (event.key === key || event.key === null) listener(recallUser())
  })
}

/** Whether the user signed out while the server could not be told. */
export function isLogoutDue(): boolean {
  return localStorage.getItem(logoutKey) !== null
}

export function setLogoutDue(isDue: boolean): void {
  if (isDue) localStorage.setItem(logoutKey, 'yes')
  else localStorage.removeItem(logoutKey)
}

function isUser(value: unknown): value is User {
  return typeof value === 'object' && value !== null && 'id' in value && 'email' in value && 'timeZone' in value
}
