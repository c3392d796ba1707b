import { useState } from 'react'
import { hasCode } from '../server.ts'
import { deleteAccount } from '../session/session.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'

export function DeleteAccount() {
  const [isAsking, ask] = useState(false)
  return (
    <>
      <p>Your tasks, their history and the account itself are erased at once and for good.</p>
      <button type="button" className="button danger-text" onClick={() => ask(true)}>
        Delete the account…
      </button>
      {isAsking && (
        <Dialog title="Delete the account?" close={() => ask(false)}>
          <p>Nothing of it can be brought back. Download your data first if you want to keep it.</p>
          <AsyncForm
            action="Delete everything"
            isDangerous
            submit={(fields) => deleteAccount(fields.text('password'))}
            explain={(error) => (hasCode(error, 'invalid_credentials') ? 'The password is wrong.' : undefined)}
            extra={
              <button type="button" className="button" onClick={() => ask(false)}>
                Keep the account
              </button>
            }
          >
            <Field label="Your password" name="password" type="password" autoComplete="current-password" required />
          </AsyncForm>
        </Dialog>
      )}
    </>
  )
}
