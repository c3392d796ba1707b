import type { ReactNode } from 'react'
import { Link } from '../navigation.tsx'

/** What was done, where there is nothing more to do here. */
export function Outcome({ title, children }: { title: string; children: ReactNode }) {
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
