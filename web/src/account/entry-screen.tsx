import { type ReactNode, useState } from 'react'
import { Link, navigate } from '../navigation.tsx'
import { callNative, hasCode, server } from '../server.ts'
import { enter } from '../session/session.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { useTitle } from '../ui/use-title.ts'

const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'

/** What somebody sees who is not signed in: sign-in at every address, so that it leads on to where they wanted. */
export function EntryScreen(props: {
  pathname: string
  ended: { readonly email: string; readonly waiting: number } | undefined
}) {
  return (
    <main className="entry">
      <p className="brand entry-brand">
        <img src="/icon.svg" alt="" width="32" height="32" /> Taskwell
      </p>
      {props.pathname === '/register' ? (
        <Register />
      ) : props.pathname === '/forgot-password' ? (
        <ForgotPassword />
      ) : (
        <SignIn ended={props.ended} />
      )}
    </main>
  )
}

function SignIn({ ended }: { ended: { readonly email: string; readonly waiting: number } | undefined }) {
  useTitle('Sign in')
  const [needsCode, setNeedsCode] = useState(false)
  const [unverified, setUnverified] = useState<string>()
  return (
    <>
      <h1>Sign in</h1>
      {ended && (
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
          defaultValue={ended?.email ?? ''}
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
      <p>
        New here? <Link href="/register">Make an account</Link>
      </p>
    </>
  )
}

function Register() {
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
      <p>
        You have one? <Link href="/sign-in">Sign in</Link>
      </p>
    </>
  )
}

function ForgotPassword() {
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
      <p>
        <Link href="/sign-in">Back to sign-in</Link>
      </p>
    </>
  )
}

function Outcome({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <h1>{title}</h1>
      <div role="status">{children}</div>
      <p>
        <Link href="/sign-in">Back to sign-in</Link>
      </p>
    </>
  )
}

function SendAgain({ email }: { email: string }) {
  const [isSent, setSent] = useState(false)
  if (isSent) return <p role="status">The link was sent again.</p>
  return (
    <AsyncForm
      action="Send the link again"
      submit={async () => {
        await callNative('/send-verification-email', { email })
        setSent(true)
      }}
    >
      {null}
    </AsyncForm>
  )
}

/** On from the pages that only make sense before signing in; every other address is where the user wanted to go. */
function leaveEntry(): void {
  if (['/sign-in', '/register', '/forgot-password'].includes(location.pathname)) navigate('/tasks', { replace: true })
}
