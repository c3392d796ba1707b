import type { Database } from '../database/open.ts'

/** @throws when nobody has the address */
export async function getUserId(db: Database, email: string): Promise<string> {
  const address = email.trim().toLowerCase()
  const user = await db.selectFrom('users').select('id').where('email', '=', address).executeTakeFirst()
  if (user === undefined) throw new Error(`no account has the address ${address}`)
  return user.id
}
