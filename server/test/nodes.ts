import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '@taskwell/api'
import { inject } from 'vitest'
import { createDatabase, templateName } from './postgres.ts'
import { jsonAs } from './requests-http.ts'
import { newFolder, type Server, startServer } from './run-program.ts'
import { password } from './start-app.ts'

/** Whether all is tried out, however long it takes: `npm run test:nodes`. */
export const isThorough = process.env['FAULTS'] === 'all'

/** What probes are told. */
export const ok = { status: 'ok', degraded: [] }
export const degraded = { status: 'degraded', degraded: ['redis'] }

/** Somebody signed in, who may ask any node. */
export interface Member {
  readonly id: string
  readonly email: string
  readonly token: string
  at(node: Server): Client
}

/** The settings of all servers on one database. */
export type ClusterSettings = Readonly<Record<string, string>>

/** A fresh database on the PostgreSQL of the run. */
export async function newPostgresUrl(postgresUrl = inject('postgresUrl'), template = templateName): Promise<string> {
  const name = `nodes_${randomBytes(8).toString('hex')}`
  await createDatabase(postgresUrl, name, template)
  return postgresUrl + name
}

export function clusterSettings(databaseUrl: string, redisUrl?: string): ClusterSettings {
  return {
    DATABASE_URL: databaseUrl,
    AUTH_SECRET: 'one secret that all servers share, of 32 or more',
    LIMITS: 'off',
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
  }
}

/** Starts a server as a process of its own, with a folder of its own. */
export function startNode(settings: ClusterSettings): Promise<Server> {
  return startServer({ DATA_DIR: newFolder(), ...settings })
}

/** Waits until all of them hear each other. */
export async function untilOk(nodes: readonly Server[]): Promise<void> {
  const end = Date.now() + 10_000
  for (const node of nodes) {
    while (JSON.stringify(await readiness(node)) !== JSON.stringify(ok)) {
      if (Date.now() > end) throw new Error(`A server is still ${JSON.stringify(await readiness(node))}`)
      await pause(50)
    }
  }
}

export async function register(node: Server): Promise<Member> {
  const email = `${randomBytes(6).toString('hex')}@example.com`
  const { body, headers } = await createClient({ baseUrl: node.url }).register({
    body: { name: 'Ada', email, password },
  })
  const token = headers.get('set-auth-token') ?? ''
  return { id: body.user.id, email, token, at: ({ url }) => createClient({ baseUrl: url, token: () => token }) }
}

/** What a probe of the node is told. */
export async function readiness({ url }: Server): Promise<unknown> {
  return (await fetch(`${url}/health/ready`)).json()
}

/** How a server answered, and after how many milliseconds. */
export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly took: number
}

export async function ask(node: Server, member: Member, path: string, body?: unknown): Promise<Answer> {
  const began = performance.now()
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const reply = await fetch(node.url + path, { ...init, headers: jsonAs(member.token) })
  await reply.text()
  return { status: reply.status, retryAfter: reply.headers.get('retry-after'), took: performance.now() - began }
}

/** Writes to the nodes in turn until it is told to stop, each time as soon as the last write was answered. */
export function keepWriting(nodes: readonly Server[], member: Member) {
  const answers: (Answer & { readonly id: string; readonly at: number })[] = []
  let isOver = false
  const done = Promise.all(
    nodes.map(async (node) => {
      while (!isOver) {
        const id = randomUUID()
        const answer = await ask(node, member, '/api/tasks', { id, title: 'Written under load' })
        answers.push({ ...answer, id, at: performance.now() })
        await pause(20)
      }
    }),
  )
  return {
    answers,
    stop: async () => {
      isOver = true
      await done
      return answers
    },
  }
}

/** The revisions of all tasks as a server lists them, by id. */
export async function revisionsOf(member: Member, node: Server): Promise<Record<string, number>> {
  const revisions: Record<string, number> = {}
  let cursor: string | undefined
  do {
    const { body } = await member.at(node).listChanges({
      query: cursor === undefined ? { since: 0, limit: 1_000 } : { since: 0, limit: 1_000, cursor },
    })
    for (const { task } of body.changes) revisions[task.id] = task.revision
    cursor = body.next ?? undefined
  } while (cursor !== undefined)
  return revisions
}
