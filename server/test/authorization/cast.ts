import { randomUUID } from 'node:crypto'
import { type Client, type Scope, scopes } from '@taskwell/api'
import type { TestApp } from '../start-app.ts'

/** Somebody whose address is confirmed, with a thing of every sort, some of them gone again. */
export interface Person {
  readonly id: string
  readonly email: string
  readonly spaceId: string
  /** Of the session with which all of it was made. */
  readonly token: string
  readonly client: Client
  readonly things: Things
}

export interface Things {
  readonly task: Pair
  readonly session: Pair & { readonly token: string; readonly endedToken: string }
  readonly token: Pair & { readonly secret: string; readonly deletedSecret: string; readonly expiredSecret: string }
  readonly secrets: ReadonlyMap<Scope | 'all', string>
  /** The newest write of the space. */
  readonly revision: string
  readonly version: string
  readonly key: string
  readonly cursors: Readonly<Record<'tasks' | 'history' | 'changes' | 'activity' | 'events', string>>
}

/** Of one sort: one that is there, and one that is deleted. */
export interface Pair {
  readonly own: string
  readonly deleted: string
}

/** What the body of the write was that the idempotency key stands for. */
const keyedBody = { title: 'Written with a key' }

export async function createPerson(app: TestApp, name: string, writes: number): Promise<Person> {
  const { id, email, token, client } = await app.createUser(name)
  await app.db.updateTable('users').set({ email_verified: true }).where('id', '=', id).execute()
  const space = await app.db.selectFrom('spaces').select('id').where('owner_id', '=', id).executeTakeFirstOrThrow()
  return { id, email, spaceId: space.id, token, client, things: await makeThings(app, { id, client, writes }) }
}

async function makeThings(
  app: TestApp,
  { id, client, writes }: { id: string; client: Client; writes: number },
): Promise<Things> {
  const task = (await client.createTask({ body: { title: 'Private', description: 'words' } })).body
  const binned = (await client.createTask({ body: { title: 'Binned' } })).body
  await client.deleteTask({ params: { id: binned.id } })
  for (let number = 0; number < writes; number++)
    await client.updateTask({ params: { id: task.id }, body: { title: `Private ${number}` } })
  const key = randomUUID()
  const keyed = await client.createTask({ body: keyedBody, idempotencyKey: key })
  const [session, ended] = [await app.createSession({ id }), await app.createSession({ id })]
  await client.endSession({ params: { id: ended.id } })
  const make = async (held: readonly Scope[]) =>
    (await client.createToken({ body: { name: 'Robot', scopes: [...held] } })).body
  const secrets = new Map<Scope | 'all', string>()
  for (const scope of scopes) secrets.set(scope, (await make([scope])).token)
  const [own, deleted, expired] = [await make(scopes), await make(scopes), await make(scopes)]
  secrets.set('all', own.token)
  await client.deleteToken({ params: { id: deleted.id } })
  const past = new Date(Date.now() - 1_000).toISOString()
  await app.db.updateTable('api_tokens').set({ expires_at: past }).where('id', '=', expired.id).execute()
  const [tasks, history, changes, activity, events] = await Promise.all([
    client.listTasks({ query: { limit: 1 } }),
    client.listTaskHistory({ params: { id: task.id }, query: { limit: 1 } }),
    client.listChanges({ query: { since: 0, limit: 1 } }),
    client.listActivity({ query: { limit: 1 } }),
    client.listAccountEvents({ query: { limit: 1 } }),
  ])
  return {
    task: { own: task.id, deleted: binned.id },
    session: { own: session.id, deleted: ended.id, token: session.token, endedToken: ended.token },
    token: {
      own: own.id,
      deleted: deleted.id,
      secret: own.token,
      deletedSecret: deleted.token,
      expiredSecret: expired.token,
    },
    secrets,
    revision: String(keyed.revision),
    version: `"v${task.version + writes}"`,
    key,
    cursors: {
      tasks: given(tasks.body.nextCursor),
      history: given(history.body.nextCursor),
      changes: given(changes.body.next),
      activity: given(activity.body.nextCursor),
      events: given(events.body.nextCursor),
    },
  }
}

function given(cursor: string | null): string {
  if (cursor === null) throw new Error('A list ended before its cursor was needed')
  return cursor
}
