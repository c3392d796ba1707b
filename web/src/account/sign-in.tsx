import { useState } from 'react'
import { Link } from '../navigation.tsx'
import { hasCode, server } from '../server.ts'
import { type EndedSession, enter } from '../session/session.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/use-title.ts'
import { leaveEntry } from './leave-entry.ts'
import { SendAgain } from './send-again.tsx'

export function SignIn({ ended }: { ended: EndedSession | undefined }) {
  useTitle('Sign in')
  const [needsCode, setNeedsCode] = useState(false)
  const [unverified, setUnverified] = useState<string>()
  return (
    <>
      <h1>Sign in</h1>
      {ended?.cause === 'deleted' && (
        <p className="notice" role="status">
          The account is deleted, with all that was in it.
        </p>
      )}
      {ended?.cause === 'elsewhere' && (
        <p className="notice" role="status">
          Your session has ended. Sign in again to go on.
          {ended.waiting > 0 &&
            ` ${ended.waiting.toLocaleString()} ${ended.waiting === 1 ? 'change' : 'changes'} of ${ended.email} not sent yet: kept on this device until then.`}
        </p>
      )}
      <AsyncForm
        action="Sign in"
        submit={async (fields) => {
          setUnverified(undefined)
          const email = fields.text('email')
          const code = fields.text('code').trim()
          try {
            const { body } = await server.login({
              body: { email, password: fields.text('password'), ...(code !== '' && { code }) },
            })
            await enter(body.user)
            leaveEntry()
          } catch (error) {
            if (hasCode(error, 'email_not_verified')) setUnverified(email)
            if (!hasCode(error, 'two_factor_required')) throw error
            setNeedsCode(true)
          }
        }}
        explain={(error) =>
          hasCode(error, 'invalid_credentials') && needsCode
            ? 'The address, the password or the code is wrong. Codes change every 30 seconds.'
            : undefined
        }
        extra={<Link href="/forgot-password">Forgot your password?</Link>}
      >
        <Field
          label="E-mail"
          name="email"
          type="email"
          autoComplete="username"
          required
          defaultValue={ended?.cause === 'elsewhere' ? ended.email : ''}
        />
        <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        {needsCode && (
          <Field
            label="Code"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
            hint="The six digits that your app shows now, or one of your backup codes."
          />
        )}
      </AsyncForm>
      {unverified !== undefined && <SendAgain email={unverified} />}
      <p className="entry-other">
        New here? <Link href="/register">Make an account</Link>
      </p>
    </>
  )
}
