import { useState } from 'react'
import { server } from '../server.ts'
import { useUser } from '../session/hooks.ts'
import { updateUser } from '../session/session.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { showToast } from '../ui/toasts.tsx'
import { ZoneField } from './zone-field.tsx'

export function Profile() {
  const user = useUser()
  const [timeZone, setTimeZone] = useState(user.timeZone)
  return (
    <AsyncForm
      action="Save"
      submit={async (fields) => {
        const { body } = await server.updateAccount({ body: { name: fields.text('name'), timeZone } })
        updateUser(body)
        showToast('Your profile is saved')
      }}
    >
      <Field
        label="Name"
        name="name"
        defaultValue={user.name}
        required
        maxLength={100}
        autoComplete="name"
        dir="auto"
      />
      <ZoneField value={timeZone} change={setTimeZone} />
    </AsyncForm>
  )
}
