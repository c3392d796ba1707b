import type { Database } from '../database/open.ts'

/** Those of the sessions and API tokens that have neither ended nor expired. */
export async function findLiveSessions(db: Database, ids: readonly string[], now: Date): Promise<ReadonlySet<string>> {
  const at = now.toISOString()
  const rows = await db
    .selectFrom('sessions')
    .select('id')
    .where('id', 'in', ids)
    .where('expires_at', '>', at)
    .unionAll(
      db
        .selectFrom('api_tokens')
        .select('id')
        .where('id', 'in', ids)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', at)])),
    )
    .execute()
  return new Set(rows.map(({ id }) => id))
}
