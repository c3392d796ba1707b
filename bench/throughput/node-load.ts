import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'

/** Runs one load, told as JSON in the first argument, in a process of its own, and prints what it measured. */
interface Job {
  readonly url: string
  readonly method: string
  readonly authorization: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly connections: number
  readonly seconds: number
  /** Requests a second; each connection sends the next one at once without it. */
  readonly rate?: number
}

const job: Job = JSON.parse(process.argv[2] ?? '{}')
const agent = new Agent({ keepAlive: true, maxSockets: job.connections })
const times: number[] = []
let failures = 0
/** At a fixed rate the slowest replies would else be those for which this program itself was not ready. */
const warmUp = job.rate === undefined ? 0 : 2000
const begun = performance.now() + warmUp
const end = begun + job.seconds * 1000
await (job.rate === undefined ? sendInTurn() : sendAtRate(job.rate))
const seconds = (performance.now() - begun) / 1000
agent.destroy()
times.sort((a, b) => a - b)
console.log(
  JSON.stringify({ perSecond: times.length / seconds, p50: percentile(0.5), p99: percentile(0.99), failures }),
)

async function sendInTurn(): Promise<void> {
  const connections = Array.from({ length: job.connections }, async () => {
    while (performance.now() < end) await send(performance.now())
  })
  await Promise.all(connections)
}

/** A request's time counts from when it was due, so that waiting for the server to get to it is in it. */
async function sendAtRate(rate: number): Promise<void> {
  const underWay: Promise<void>[] = []
  for (let due = begun - warmUp; due < end; due += 1000 / rate) {
    const ahead = due - performance.now()
    if (ahead > 0) await setTimeout(ahead)
    underWay.push(send(due))
  }
  await Promise.all(underWay)
}

function send(due: number): Promise<void> {
  const { url, method, authorization, headers, body } = job
  const content = body !== undefined && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
  return new Promise((resolve) => {
    const fail = (): void => {
      failures += 1
      resolve()
    }
    request(url, { method, agent, headers: { authorization, ...headers, ...content } }, (response) => {
      response.resume().once('end', () => {
        const { statusCode = 0 } = response
        if (due < begun) return resolve()
        if ((statusCode < 200 || statusCode > 299) && statusCode !== 304) failures += 1
        times.push(performance.now() - due)
        resolve()
      })
    })
      .once('error', fail)
      .end(body)
  })
}

function percentile(part: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN
}
