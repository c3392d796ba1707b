import { useState } from 'react'
import { callNative, hasCode } from '../server.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { showToast } from '../ui/toasts.tsx'

export function Password() {
  const [turn, setTurn] = useState(0)
  return (
    <AsyncForm
      key={turn}
      action="Change the password"
      submit={async (fields) => {
        const currentPassword = fields.text('currentPassword')
        await callNative('/change-password', {
          currentPassword,
          newPassword: fields.text('newPassword'),
          revokeOtherSessions: true,
        })
        setTurn(turn + 1)
        showToast('Your password is changed, and all other devices are signed out')
      }}
      explain={(error) => (hasCode(error, 'invalid_password') ? 'The present password is wrong.' : undefined)}
    >
      <Field
        label="Present password"
        name="currentPassword"
        type="password"
        autoComplete="current-password"
        required
        maxLength={128}
      />
      <Field
        label="New password"
        name="newPassword"
        type="password"
        autoComplete="new-password"
        required
        minLength={8}
        maxLength={128}
        hint="8 characters or more. All other devices are signed out."
      />
    </AsyncForm>
  )
}
