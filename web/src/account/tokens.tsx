import { useState } from 'react'
import type { Scope } from '@taskwell/api'
import { explain, server } from '../server.ts'
import { AsyncForm } from '../ui/async-form.tsx'
import { Field } from '../ui/field.tsx'
import { LoadState } from '../ui/load-state.tsx'
import { showToast } from '../ui/toasts.tsx'
import { useLoaded } from '../ui/use-loaded.ts'
import { moment } from './moment.ts'

const scopes: readonly (readonly [Scope, string])[] = [
  ['tasks:read', 'Read tasks'],
  ['tasks:write', 'Change tasks'],
  ['account:read', 'Read your profile'],
]

/** Tokens for programs. The text of one is shown once, right after it was made. */
export function Tokens() {
  const { loaded, reload } = useLoaded('tokens', async () => (await server.listTokens()).body.items)
  const [made, setMade] = useState<{ readonly name: string; readonly token: string }>()
  const remove = async (id: string) => {
    await server.deleteToken({ params: { id } }).then(
      () => showToast('The token is deleted'),
      (error: unknown) => showToast(explain(error)),
    )
    reload()
  }
  return (
    <>
      <p>For programs of your own. Send one as “Authorization: Bearer”.</p>
      <LoadState loaded={loaded} reload={reload}>
        {(tokens) =>
          tokens.length > 0 && (
            <ul className="rows">
              {tokens.map((token) => (
                <li key={token.id}>
                  <div>
                    <strong dir="auto">{token.name}</strong>
                    <div className="quiet">
                      {token.scopes.join(', ')}; {token.lastUsedAt ? `used ${moment(token.lastUsedAt)}` : 'never used'}
                      {token.expiresAt ? `; until ${moment(token.expiresAt)}` : ''}
                    </div>
                  </div>
                  <button
                    type="button"
                    className="button small danger-text"
                    aria-label={`Delete the token ${token.name}`}
                    onClick={() => void remove(token.id)}
                  >
                    Delete
                  </button>
                </li>
              ))}
            </ul>
          )
        }
      </LoadState>
      {made && (
        <div className="notice" role="status">
          <p>The token “{made.name}”. It is shown only now: copy it to a safe place.</p>
          <p className="secret">{made.token}</p>
          <button type="button" className="button small" onClick={() => setMade(undefined)}>
            I have copied it
          </button>
        </div>
      )}
      <AsyncForm
        key={made?.token ?? ''}
        action="Make a token"
        submit={async (fields) => {
          const chosen = scopes.flatMap(([scope]) => (fields.isChecked(scope) ? [scope] : []))
          const days = Number(fields.text('days'))
          const expiresAt = days > 0 ? new Date(Date.now() + days * 86_400_000).toISOString() : null
          const { body } = await server.createToken({ body: { name: fields.text('name'), scopes: chosen, expiresAt } })
          setMade(body)
          reload()
        }}
      >
        <Field label="Name" name="name" required maxLength={100} dir="auto" />
        <fieldset className="checks">
          <legend>It may</legend>
          {scopes.map(([scope, name]) => (
            <label key={scope}>
              <input type="checkbox" name={scope} defaultChecked={scope === 'tasks:read'} /> {name}
            </label>
          ))}
        </fieldset>
        <label className="field">
          <span>Valid for</span>
          <select name="days" defaultValue="90">
            <option value="30">30 days</option>
            <option value="90">90 days</option>
            <option value="365">A year</option>
            <option value="0">As long as you keep it</option>
          </select>
        </label>
      </AsyncForm>
    </>
  )
}
