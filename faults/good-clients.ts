import { Agent, request } from 'node:http'
import { pause } from './load.ts'
import { demand } from './part.ts'
import type { Random } from './random.ts'
import type { Person } from './world.ts'

export interface GoodClients {
  /** Works for so many milliseconds as people do; answers within how many 99 of 100 requests were done. */
  work(duration: number): Promise<number>
}

const workers = 4
/** In milliseconds: whoever is told to come again later has waited long. */
const refused = 10_000
/** In milliseconds, between two requests of a worker. */
const rest = 15

/** Half of the requests come on connections that stay, half on new ones, which a server might be tempted to refuse. */
export function createGoodClients(url: string, people: readonly Person[], random: Random): GoodClients {
  const kept = new Agent({ keepAlive: true })
  const fresh = new Agent({ keepAlive: false })

  async function ask(): Promise<number> {
    const person = random.pick(people)
    if (!person) throw new Error('Nobody is there')
    const { path, body } = random.isLucky(0.25)
      ? { path: '/api/tasks', body: JSON.stringify({ title: `Task ${random.uuid()}` }) }
      : { path: random.pick(['/api/tasks?limit=20', '/api/dashboard/stats', '/api/changes?since=0&limit=20']) }
    const begun = performance.now()
    const status = await send(`${url}${path}`, {
      agent: random.isLucky(0.5) ? kept : fresh,
      token: person.token,
      ...(body !== undefined && { body }),
    })
    if (status === 503) return refused
    demand(status === 200 || status === 201, `a good client was answered ${status} at ${path}`)
    return performance.now() - begun
  }

  return {
    work: async (duration) => {
      const times: number[] = []
      const end = performance.now() + duration
      const work = async (): Promise<void> => {
        for (; performance.now() < end; await pause(rest)) times.push(await ask())
      }
      await Promise.all(Array.from({ length: workers }, work))
      return times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? Number.NaN
    },
  }
}

function send(url: string, options: { agent: Agent; token: string; body?: string }): Promise<number> {
  const { agent, token, body } = options
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    }
    const outgoing = request(url, { agent, method: body === undefined ? 'GET' : 'POST', headers }, (reply) => {
      reply.resume().once('end', () => resolve(reply.statusCode ?? 0))
      reply.once('error', reject)
    })
    outgoing.once('error', (error) => {
      // A server may end a connection that rests; what is sent on it at this moment is sent again, as browsers do.
      if (outgoing.reusedSocket) resolve(send(url, options))
      else reject(error)
    })
    outgoing.end(body)
  })
}
