import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, createClient } from '@taskwell/api'
import { inject } from 'vitest'
import { createDatabase, templateName } from './postgres.ts'
import { newFolder, type Server, startServer } from './run-program.ts'
import { password } from './start-app.ts'

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
