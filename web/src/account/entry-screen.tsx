import type { EndedSession } from '../session/session.ts'
import { ForgotPassword } from './forgot-password.tsx'
import { Register } from './register.tsx'
import { SignIn } from './sign-in.tsx'

/** What somebody sees who is not signed in: sign-in at every address, so that it leads on to where they wanted. */
export function EntryScreen(props: { pathname: string; ended: EndedSession | undefined }) {
  return (
    <main className="entry">
      <p className="brand entry-brand">
        <img src="/icon.svg" alt="" width="32" height="32" /> Taskwell
      </p>
      <p className="entry-lead">Your tasks on every device, even offline</p>
      <div className="card entry-card">
        {props.pathname === '/register' ? (
          <Register />
        ) : props.pathname === '/forgot-password' ? (
          <ForgotPassword />
        ) : (
          <SignIn ended={props.ended} />
        )}
      </div>
    </main>
  )
}
