import type { ReactNode } from 'react'
import { useSnapshot, useUser } from '../session/hooks.ts'
import { useTitle } from '../ui/use-title.ts'
import { AccountEvents } from './account-events.tsx'
import { Appearance } from './appearance.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { EmailAddress } from './email-address.tsx'
import { Leaving } from './leaving.tsx'
import { Password } from './password.tsx'
import { Profile } from './profile.tsx'
import { Sessions } from './sessions.tsx'
import { Tokens } from './tokens.tsx'
import { TwoFactor } from './two-factor.tsx'

export function SettingsScreen() {
  useTitle('Settings')
  const user = useUser()
  const { status } = useSnapshot()
  return (
    <div className="screen settings">
      <div className="screen-head">
        <h1>Settings</h1>
        <Leaving />
      </div>
      <p className="quiet">
        Signed in as <span dir="auto">{user.name}</span>, {user.email}
      </p>
      {status === 'offline' && (
        <p className="notice" role="status">
          You are offline: these settings need the server.
        </p>
      )}
      <Section title="Profile">
        <Profile />
      </Section>
      <Section title="Appearance">
        <Appearance />
      </Section>
      <Section title="E-mail address">
        <EmailAddress />
      </Section>
      <Section title="Password">
        <Password />
      </Section>
      <Section title="Two-factor sign-in">
        <TwoFactor />
      </Section>
      <Section title="Signed-in devices">
        <Sessions />
      </Section>
      <Section title="API tokens">
        <Tokens />
      </Section>
      <Section title="What happened to the account">
        <AccountEvents />
      </Section>
      <Section title="Your data">
        <p>One file with all your tasks, their history and what is known of your account.</p>
        <a className="button" href="/api/account/export" download>
          Download everything
        </a>
      </Section>
      <Section title="Delete the account">
        <DeleteAccount />
      </Section>
    </div>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      <div className="section-body">{children}</div>
    </section>
  )
}
