import { createClient } from '@taskwell/api'
import type { Load } from './load.ts'
import type { Subject } from './servers.ts'

/** One kind of work that both servers are asked to do. */
export interface Case {
  readonly name: string
  readonly load: Load
  /** What Taskwell is to reach, as a multiple of what the reference server does. */
  readonly goal: number
  /** Below this something has gone wrong: about a quarter of what was reached, since machines are noisy and a short run is hardly warm. */
  readonly floor: number
  /** A load for Taskwell where the reference server has nothing like it. */
  readonly taskwellHeaders?: (subject: Subject) => Promise<Record<string, string>>
  /** Runs beside the load, on Taskwell; answers how to end it. */
  readonly beside?: (subject: Subject) => () => void
}

const connections = 64
const page = () => '/api/tasks?limit=20'

export const cases: readonly Case[] = [
  { name: 'list of 20, unchanged', goal: 1.15, floor: 0.3, load: { method: 'GET', path: page, connections } },
  {
    name: 'list of 20, `If-None-Match`',
    goal: 1.4,
    floor: 0.3,
    load: { method: 'GET', path: page, connections },
    taskwellHeaders: async (subject) => ({ 'if-none-match': await currentEtag(subject) }),
  },
  {
    name: 'list of 20, ten writes a second',
    goal: 1,
    floor: 0.3,
    load: { method: 'GET', path: page, connections },
    beside: writeTenTimesASecond,
  },
  {
    name: 'one task',
    goal: 0.4,
    floor: 0.08,
    load: { method: 'GET', path: ({ taskId }) => `/api/tasks/${taskId}`, connections },
  },
  {
    name: 'create, durable',
    goal: 1,
    floor: 0.2,
    load: {
      method: 'POST',
      path: () => '/api/tasks',
      body: JSON.stringify({ title: 'Buy milk and bread for the weekend' }),
      connections,
    },
  },
]

async function currentEtag(subject: Subject): Promise<string> {
  const response = await fetch(subject.url + page(), { headers: { authorization: subject.authorization } })
  await response.arrayBuffer()
  return response.headers.get('etag') ?? ''
}

function writeTenTimesASecond({ url, authorization, taskId }: Subject): () => void {
  const client = createClient({ baseUrl: url, token: () => authorization.slice('Bearer '.length) })
  let count = 0
  const timer = setInterval(() => {
    count += 1
    client.updateTask({ params: { id: taskId }, body: { title: `Written ${count} times` } }).catch(() => {})
  }, 100)
  return () => clearInterval(timer)
}
