import type { GenericEndpointContext } from 'better-auth'
import type { Database } from '../database/open.ts'

/**
 * Ends all sessions but the one that is about to change the password. Before the change, so that a failure between the
 * two never leaves a session that should be gone. A client that asks for `revokeOtherSessions` gets what Better Auth
 * does then: its own session is replaced, too.
 */
export async function endOtherSessions(
  db: Database,
  request: GenericEndpointContext | null | undefined,
): Promise<void> {
  if (request?.path !== '/change-password' || request.body?.revokeOtherSessions === true) return
  const { session } = request.context
  if (!session) throw new Error('A password was changed by nobody')
  await db
    .deleteFrom('sessions')
    .where('user_id', '=', session.user.id)
    .where('token', '<>', session.session.token)
    .execute()
}
