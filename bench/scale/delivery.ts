import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pinTo } from '../throughput/servers.ts'
import { startCrowd } from './crowd.ts'
import { connectDevices } from './device.ts'

/**
 * Many users, each connected, some of whom write all the time: how long after the reply does another device of the user
 * hear of it? Ends with 1 if the slowest hundredth waits longer (milliseconds), or something is not heard at all.
 */
const longestWait = 50

const { values: options } = parseArgs({
  options: {
    users: { type: 'string', default: '2000' },
    /** Writes a second, of all together. */
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '20' },
  },
})
const rate = Number(options.rate)
const count = rate * Number(options.seconds)

pinTo(1)
const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const crowd = await startCrowd(folder, Number(options.users))
try {
  const heardAt = new Map<string, number>()
  const devices = await connectDevices(crowd.url, crowd.tokens, (name, content) => {
    if (name === 'changes') for (const title of titlesIn(content)) heardAt.set(title, performance.now())
  })
  const repliedAt = new Map<string, number>()
  const begun = performance.now()
  const writes: Promise<void>[] = []
  for (let number = 0; number < count; number += 1) {
    const ahead = begun + (number * 1000) / rate - performance.now()
    if (ahead > 0) await setTimeout(ahead)
    const title = `Write ${number}`
    const token = crowd.tokens[(number * 7) % crowd.tokens.length] ?? ''
    writes.push(
      create(token, title).then((isCreated) => {
        if (isCreated) repliedAt.set(title, performance.now())
      }),
    )
  }
  await Promise.all(writes)
  const reached = repliedAt.size / ((performance.now() - begun) / 1000)
  await setTimeout(1_000)
  // A device may hear of a write before its writer has the reply.
  const waits = [...repliedAt].map(([title, at]) => Math.max(0, (heardAt.get(title) ?? Number.POSITIVE_INFINITY) - at))
  waits.sort((a, b) => a - b)
  const part = (of: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * of))] ?? Number.NaN
  console.log(
    `${devices.length} connected users, ${reached.toFixed(0)} writes a second: heard ${part(0.5).toFixed(1)} ms after the reply (median), ${part(0.99).toFixed(1)} ms (p99, goal: ${longestWait}); ${repliedAt.size - heardAt.size} not heard, ${count - repliedAt.size} refused`,
  )
  for (const device of devices) device.close()
  process.exitCode = part(0.99) > longestWait || reached < rate * 0.9 ? 1 : 0
} finally {
  agent.destroy()
  await crowd.stop()
  rmSync(folder, { recursive: true, force: true })
}

function titlesIn(content: unknown): string[] {
  const { changes }: { changes: { task: { title: string } }[] } = JSON.parse(JSON.stringify(content))
  return changes.map(({ task }) => task.title)
}

/** Answers false when the server refuses it, having too much to do. */
function create(token: string, title: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return new Promise((resolve, reject) => {
    request(`${crowd.url}/api/tasks`, { method: 'POST', agent, headers }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 201 || response.statusCode === 503) resolve(response.statusCode === 201)
        else reject(new Error(`A write was answered ${response.statusCode}`))
      })
    })
      .once('error', reject)
      .end(JSON.stringify({ title }))
  })
}
