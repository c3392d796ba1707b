import { useState } from 'react'
import { callNative, hasCode, server } from '../server.ts'
import { useUser } from '../session/hooks.ts'
import { updateUser } from '../session/session.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { lazyPart } from '../ui/lazy-part.tsx'
import { showToast } from '../ui/toasts.tsx'

const QrCode = lazyPart(
  async () => (await import('./qr-code.tsx')).QrCode,
  () => <div className="qr" />,
)

interface SetUp {
  readonly uri: string
  readonly backupCodes: readonly string[]
}

/** A second factor beside the password: codes of an app. It is on once a first code has been given. */
export function TwoFactor() {
  const user = useUser()
  const [setUp, begin] = useState<SetUp>()
  const refresh = async () => updateUser((await server.getAccount()).body)
  if (setUp) {
    return (
      <>
        <p>Scan this with your authenticator app, or type the key into it.</p>
        <QrCode text={setUp.uri} label="Code for your authenticator app" />
        <p className="secret">{new URL(setUp.uri).searchParams.get('secret')}</p>
        <p>Keep these backup codes in a safe place. Each works once, when your app is out of reach.</p>
        <ul className="backup-codes">
          {setUp.backupCodes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <AsyncForm
          action="Switch it on"
          submit={async (fields) => {
            await callNative('/two-factor/verify-totp', { code: fields.text('code').replaceAll(/\s/g, '') })
            await refresh()
            begin(undefined)
            showToast('Two-factor sign-in is on')
          }}
          explain={(error) =>
            hasCode(error, 'invalid_code') ? 'That is not the code shown now. Try the next one.' : undefined
          }
          extra={
            <button type="button" className="button" onClick={() => begin(undefined)}>
              Cancel
            </button>
          }
        >
          <Field
            label="Code that the app shows now"
            name="code"
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            autoFocus
          />
        </AsyncForm>
      </>
    )
  }
  const switchIt = async (password: string) => {
    if (!user.twoFactorEnabled) return begin(readSetUp(await callNative('/two-factor/enable', { password })))
    await callNative('/two-factor/disable', { password })
    await refresh()
    showToast('Two-factor sign-in is off')
  }
  return (
    <>
      <p>
        {user.twoFactorEnabled
          ? 'It is on: signing in takes your password and a code of your app.'
          : 'It is off. With it, signing in takes a code of an app on your phone as well, so that a stolen password is not enough.'}
      </p>
      <AsyncForm
        key={String(user.twoFactorEnabled)}
        action={user.twoFactorEnabled ? 'Switch it off' : 'Set it up'}
        submit={(fields) => switchIt(fields.text('password'))}
        explain={(error) => (hasCode(error, 'invalid_password') ? 'The password is wrong.' : undefined)}
      >
        <Field label="Your password" name="password" type="password" autoComplete="current-password" required />
      </AsyncForm>
    </>
  )
}

function readSetUp({ totpURI, backupCodes }: Record<string, unknown>): SetUp {
  return {
    uri: typeof totpURI === 'string' ? totpURI : '',
    backupCodes: Array.isArray(backupCodes) ? backupCodes.map(String) : [],
  }
}
