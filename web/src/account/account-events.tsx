import type { AccountEventKind } from '@taskwell/api'
import { server } from '../server.ts'
import { LoadState } from '../ui/load-state.tsx'
import { useLoaded } from '../ui/use-loaded.ts'
import { moment } from './moment.ts'

const names: Readonly<Record<AccountEventKind, string>> = {
  account_created: 'Account made',
  sign_in: 'Signed in',
  sign_in_failed: 'A sign-in failed',
  sign_out: 'Signed out',
  session_ended: 'A device was signed out',
  password_changed: 'Password changed',
  password_reset: 'Password reset',
  email_verified: 'Address confirmed',
  email_changed: 'Address changed',
  two_factor_enabled: 'Two-factor sign-in switched on',
  two_factor_disabled: 'Two-factor sign-in switched off',
  token_created: 'API token made',
  token_deleted: 'API token deleted',
}

/** What a user looks at to see whether somebody else was there. */
export function AccountEvents() {
  const { loaded, reload } = useLoaded('events', async () => {
    return (await server.listAccountEvents({ query: { limit: 20 } })).body.items
  })
  return (
    <LoadState loaded={loaded} reload={reload}>
      {(events) => (
        <ul className="rows">
          {events.map((event) => (
            <li key={event.id}>
              <div>
                {names[event.kind] ?? event.kind}
                <div className="quiet">
                  {moment(event.at)}
                  {event.ip === null ? '' : `, from ${event.ip}`}
                </div>
              </div>
            </li>
          ))}
        </ul>
      )}
    </LoadState>
  )
}
