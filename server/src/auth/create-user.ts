import type { User } from '@taskwell/api'
import type { Database } from '../database/open.ts'
import type { Auth } from './create-auth.ts'
import { registerWith } from './register.ts'
import { getUser } from './signed-in.ts'

interface NewUser {
  readonly email: string
  readonly name: string
  readonly password: string
  readonly timeZone: string
  readonly verified: boolean
}

/** Creates an account for somebody else, who is not signed in by that. @throws when the address is taken, or a rule is broken */
export async function createUser({ db, auth }: { db: Database; auth: Auth }, input: NewUser): Promise<User> {
  const { verified, ...body } = input
  const reply = await registerWith({ db, auth })({ headers: {}, ip: '127.0.0.1' }, { body })
  const { id } = reply.body.user
  await db.deleteFrom('sessions').where('user_id', '=', id).execute()
  if (verified) await db.updateTable('users').set({ email_verified: true }).where('id', '=', id).execute()
  return getUser(db, id)
}
