import { useState } from 'react'
import { callNative } from '../server.ts'
import { useUser } from '../session/hooks.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { showToast } from '../ui/toasts.tsx'

export function EmailAddress() {
  const user = useUser()
  const [isAsked, setAsked] = useState(false)
  return (
    <>
      <p>
        {user.email} {user.emailVerified ? '(confirmed)' : '(not confirmed)'}
      </p>
      {!user.emailVerified && (
        <button
          type="button"
          className="button"
          onClick={() =>
            void callNative('/send-verification-email', { email: user.email }).then(
              () => showToast('A link to confirm your address was sent'),
              () => showToast('The link could not be sent. Try again later.'),
            )
          }
        >
          Send a link to confirm it
        </button>
      )}
      {isAsked ? (
        <p role="status">Look at your mail: a link there completes the change.</p>
      ) : (
        <AsyncForm
          action="Change the address"
          submit={async (fields) => {
            await callNative('/change-email', { newEmail: fields.text('newEmail') })
            setAsked(true)
          }}
        >
          <Field label="New address" name="newEmail" type="email" autoComplete="email" required maxLength={254} />
        </AsyncForm>
      )}
    </>
  )
}
