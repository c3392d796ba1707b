import { useState } from 'react'
import { Link } from '../navigation.tsx'
import { server } from '../server.ts'
import { enter } from '../session/session.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/use-title.ts'
import { leaveEntry } from './leave-entry.ts'
import { Outcome } from './outcome.tsx'
import { SendAgain } from './send-again.tsx'

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

export function Register() {
  useTitle('Make an account')
  const [waitsFor, setWaitsFor] = useState<string>()
  if (waitsFor !== undefined) {
    return (
      <Outcome title="Look at your mail">
        <p>
          A link was sent to <strong>{waitsFor}</strong>. Open it to confirm your address, then sign in.
        </p>
        <SendAgain email={waitsFor} />
      </Outcome>
    )
  }
  return (
    <>
      <h1>Make an account</h1>
      <AsyncForm
        action="Make the account"
        submit={async (fields) => {
          const email = fields.text('email')
          const { body } = await server.register({
            body: { name: fields.text('name'), email, password: fields.text('password'), timeZone: ownZone },
          })
          if (!body.session) return setWaitsFor(email)
          await enter(body.user)
          leaveEntry()
        }}
      >
        <Field label="Name" name="name" autoComplete="name" required maxLength={100} dir="auto" />
        <Field label="E-mail" name="email" type="email" autoComplete="username" required maxLength={254} />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={8}
          maxLength={128}
          hint="8 characters or more. A few words in a row are easy to remember and hard to guess."
        />
      </AsyncForm>
      <p className="entry-other">
        You have one? <Link href="/sign-in">Sign in</Link>
      </p>
    </>
  )
}
