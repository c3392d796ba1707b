import { useState } from 'react'
import { useSnapshot } from '../session/hooks.ts'
import { signOut } from '../session/session.ts'
import { Dialog } from '../ui/dialog.tsx'

/** Signs out. What the server has not got yet would be lost with the local copy, so that is asked first. */
export function Leaving() {
  const { pending } = useSnapshot()
  const [isAsking, ask] = useState(false)
  return (
    <>
      <button type="button" className="button" onClick={() => (pending > 0 ? ask(true) : void signOut())}>
        Sign out
      </button>
      {isAsking && (
        <Dialog title="Sign out now?" close={() => ask(false)}>
          <p>
            {pending === 1 ? 'One of your changes has' : `${pending.toLocaleString()} of your changes have`} not reached
            the server yet. Signing out removes {pending === 1 ? 'it' : 'them'} from this device for good.
          </p>
          <div className="form-actions">
            <button type="button" className="button" onClick={() => ask(false)}>
              Stay and wait
            </button>
            <button type="button" className="button danger" onClick={() => void signOut()}>
              Sign out and lose {pending === 1 ? 'it' : 'them'}
            </button>
          </div>
        </Dialog>
      )}
    </>
  )
}
