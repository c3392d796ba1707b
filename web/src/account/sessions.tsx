import type { SessionItem } from '@taskwell/api'
import { explain, server } from '../server.ts'
import { LoadState } from '../ui/load-state.tsx'
import { showToast } from '../ui/toasts.tsx'
import { useLoaded } from '../ui/use-loaded.ts'
import { moment } from './moment.ts'

/** Where the account is signed in. Ending a session signs that device out at once. */
export function Sessions() {
  const { loaded, reload } = useLoaded('sessions', async () => (await server.listSessions()).body.items)
  const end = async (work: () => Promise<unknown>, text: string) => {
    await work().then(
      () => showToast(text),
      (error: unknown) => showToast(explain(error)),
    )
    reload()
  }
  return (
    <LoadState loaded={loaded} reload={reload}>
      {(sessions) => (
        <>
          <ul className="rows">
            {sessions.map((session) => (
              <li key={session.id}>
                <div>
                  <strong>{deviceName(session)}</strong> {session.current && <span className="mark">this one</span>}
                  <div className="quiet">
                    last active {moment(session.lastActiveAt)}
                    {session.ip === null ? '' : `, from ${session.ip}`}
                  </div>
                </div>
                {!session.current && (
                  <button
                    type="button"
                    className="button small"
                    aria-label={`Sign out ${deviceName(session)}`}
                    onClick={() =>
                      void end(() => server.endSession({ params: { id: session.id } }), 'That device is signed out')
                    }
                  >
                    Sign out
                  </button>
                )}
              </li>
            ))}
          </ul>
          {sessions.length > 1 && (
            <button
              type="button"
              className="button"
              onClick={() => void end(() => server.endOtherSessions(), 'All other devices are signed out')}
            >
              Sign out all others
            </button>
          )}
        </>
      )}
    </LoadState>
  )
}

/** Such as “Firefox on Linux”, as far as the program tells. */
function deviceName({ userAgent }: SessionItem): string {
  if (userAgent === null) return 'Unknown program'
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(userAgent)?.[0]
  const system = /Android|iPhone|iPad|Windows|Mac OS|Linux/.exec(userAgent)?.[0]
  if (!browser) return userAgent.slice(0, 60)
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser
  return system ? `${name} on ${system}` : name
}
