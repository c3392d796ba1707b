import { Agent, request } from 'node:http'
import { createClient } from '@taskwell/api'
import { afterEach, expect, test } from 'vitest'
import { register } from './nodes.ts'
import { cleanUp, newFolder, startServer } from './run-program.ts'

afterEach(cleanUp)

const connections = 16
/** In bytes, of a request, until V8 collects the whole heap. A hidden class for each context left more than 2,000. */
const most = 800

test('what is made for a request does not outlive it until the whole heap is collected', async () => {
  const server = await startServer({ DATA_DIR: newFolder(), LIMITS: 'off' }, ['--trace-gc', '--max-semi-space-size=4'])
  const { token } = await register(server)
  const client = createClient({ baseUrl: server.url, token: () => token })
  for (let number = 0; number < 20; number++) await client.createTask({ body: { title: `Task ${number}` } })
  let output = ''
  server.child.stdout?.on('data', (text: string) => void (output += text))
  const list = `${server.url}/api/tasks?limit=20`
  // Before, V8 has not yet seen what it comes to know of the program.
  await ask(list, token, 15_000)
  const before = output.length
  const requests = 15_000
  await ask(list, token, requests)
  expect(growthIn(output.slice(before)) / requests).toBeLessThan(most)
})

async function ask(url: string, token: string, times: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  let left = times
  const ofConnection = async (): Promise<void> => {
    while (left-- > 0) expect(await get(agent, url, token)).toBe(200)
  }
  await Promise.all(Array.from({ length: connections }, ofConnection))
  agent.destroy()
}

function get(agent: Agent, url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
      .once('error', reject)
      .end()
  })
}

/** By how many bytes what is left after collections of young objects grew, all together, from one of the whole heap to the next. */
function growthIn(trace: string): number {
  const parts = trace
    .split('Mark-Compact')
    .map((part) => [...part.matchAll(/Scavenge .*? -> ([\d.]+)/g)].map(([, megabytes]) => Number(megabytes)))
  expect(parts.flat().length).toBeGreaterThan(30)
  const growth = parts.map((left) => (left.at(-1) ?? 0) - (left[0] ?? 0))
  return growth.reduce((sum, megabytes) => sum + megabytes, 0) * 1024 * 1024
}
