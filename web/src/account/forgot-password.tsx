import { useState } from 'react'
import { Link } from '../navigation.tsx'
import { callNative } from '../server.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/use-title.ts'
import { Outcome } from './outcome.tsx'

export function ForgotPassword() {
  useTitle('Forgot your password')
  const [isSent, setSent] = useState(false)
  if (isSent) {
    return (
      <Outcome title="Look at your mail">
        <p>
          If there is an account with that address, a link to choose a new password was sent. It works for 10 minutes.
        </p>
      </Outcome>
    )
  }
  return (
    <>
      <h1>Forgot your password?</h1>
      <p>Tell us your address, and we send a link with which you can choose a new one.</p>
      <AsyncForm
        action="Send the link"
        submit={async (fields) => {
          await callNative('/request-password-reset', { email: fields.text('email') })
          setSent(true)
        }}
      >
        <Field label="E-mail" name="email" type="email" autoComplete="username" required />
      </AsyncForm>
      <p className="entry-other">
        <Link href="/sign-in">Back to sign-in</Link>
      </p>
    </>
  )
}
