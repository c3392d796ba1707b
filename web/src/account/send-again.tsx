import { useState } from 'react'
import { callNative } from '../server.ts'
import { AsyncForm } from '../ui/async-form.tsx'

/** Asks for another link to confirm the address. */
export function SendAgain({ email }: { email: string }) {
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
