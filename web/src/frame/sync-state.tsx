import { useSnapshot } from '../session/hooks.ts'
import { useOnline } from '../ui/use-online.ts'

const texts = {
  live: ['live', 'Live'],
  'catching up': ['busy', 'Catching up'],
  offline: ['offline', 'Offline'],
  'signed out': ['offline', 'Signed out'],
} as const

/** Whether what is seen is what the server has. */
export function SyncState() {
  const { status: told, pending } = useSnapshot()
  // A connection that was cut looks alive for a while; the device knows better.
  const status = useOnline() || told === 'signed out' ? told : 'offline'
  const [kind, name] = texts[status]
  const waiting = pending === 0 ? '' : `, ${pending.toLocaleString()} waiting`
  return (
    <span className={`sync-state sync-${kind}`} role="status" title={explanation(status, pending)}>
      <span className="sync-dot" aria-hidden="true" />
      {name}
      {waiting}
    </span>
  )
}

function explanation(status: keyof typeof texts, pending: number): string {
  if (status === 'live') return pending === 0 ? 'Everything is saved' : 'Sending your changes'
  if (status === 'catching up') return 'Reading what changed elsewhere'
  return 'You can go on working: changes are kept on this device and sent when the server can be reached'
}
