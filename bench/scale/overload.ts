import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { measure } from '../throughput/load.ts'
import { startTaskwell, type Subject } from '../throughput/servers.ts'

/**
 * Ten and fifty times the connections that bring a server to its peak, each asking again at once: how much is still done,
 * what are those told that are refused, and when is it as before? Ends with 1 if less than this part of the peak is done.
 */
const leastGoodput = 0.8
/** In milliseconds. */
const goals = { refusal: 50, recovery: 5_000 }

const { values: options } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } })
const seconds = Number(options.seconds)
const peakConnections = 64

const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const subject = await startTaskwell(folder, 1_000)
try {
  await load(peakConnections, 2)
  const peak = await load(peakConnections, seconds)
  const usual = await timeOfOne(subject)
  console.log(`peak: ${peak.done.toFixed(0)} a second, p99 ${peak.p99.toFixed(0)} ms`)
  const parts: number[] = []
  for (const times of [10, 50]) {
    const probing = probe(subject, seconds)
    const under = await load(times * peakConnections, seconds)
    const refusals = (await probing).filter(({ status }) => status === 503).map(({ time }) => time)
    const recovery = await timeToRecover(subject, usual)
    parts.push(under.done / peak.done)
    console.log(
      `${times} times as many: ${under.done.toFixed(0)} a second (× ${(under.done / peak.done).toFixed(2)}, goal: ${leastGoodput}), p99 ${under.p99.toFixed(0)} ms, ${under.refused} refused; a probe was refused ${refusals.length} times, in ${Math.max(0, ...refusals).toFixed(0)} ms at most (goal: ${goals.refusal}); as before after ${recovery.toFixed(0)} ms (goal: ${goals.recovery})`,
    )
  }
  process.exitCode = parts.every((part) => part >= leastGoodput) ? 0 : 1
} finally {
  await subject.stop()
  rmSync(folder, { recursive: true, force: true })
}

async function load(connections: number, time: number) {
  const path = () => '/api/tasks?limit=20'
  const { perSecond, p99, failures } = await measure(subject, { method: 'GET', path, connections }, time, folder)
  return { done: perSecond - failures / time, p99, refused: failures }
}

/** One request after another, on connections of their own, as somebody new comes in. */
async function probe(subject: Subject, time: number): Promise<{ status: number; time: number }[]> {
  const found: { status: number; time: number }[] = []
  const end = performance.now() + time * 1000
  while (performance.now() < end) found.push(await ask(subject))
  return found
}

async function timeOfOne(subject: Subject): Promise<number> {
  await setTimeout(1_000)
  const { time } = await ask(subject)
  return time
}

/** Until a request takes no more than five times what it usually does, or 50 ms. */
async function timeToRecover(subject: Subject, usual: number): Promise<number> {
  const begun = performance.now()
  for (;;) {
    const { status, time } = await ask(subject)
    if (status === 200 && time <= Math.max(50, usual * 5)) return performance.now() - begun
    if (performance.now() - begun > 60_000) return Number.POSITIVE_INFINITY
    await setTimeout(50)
  }
}

function ask({ url, authorization }: Subject): Promise<{ status: number; time: number }> {
  const begun = performance.now()
  return new Promise((resolve) => {
    const end = (status: number) => resolve({ status, time: performance.now() - begun })
    request(`${url}/api/tasks?limit=20`, { headers: { authorization }, agent: false }, (response) => {
      response.resume().once('end', () => end(response.statusCode ?? 0))
    })
      .once('error', () => end(0))
      .end()
  })
}
