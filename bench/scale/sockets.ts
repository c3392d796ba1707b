import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pinTo } from '../throughput/servers.ts'
import { startCrowd } from './crowd.ts'
import { connectDevices } from './device.ts'

/** Keeps many connections open that have nothing to hear. Ends with 1 if they take more memory, or one is dropped. */
const mostMegabytes = 350

const { values: options } = parseArgs({
  options: {
    sockets: { type: 'string', default: '10000' },
    /** How long they are kept. */
    minutes: { type: 'string', default: '5' },
  },
})
const count = Number(options.sockets)
const aUser = 10

pinTo(1)
const folder = mkdtempSync(join(tmpdir(), 'taskwell-bench-'))
const crowd = await startCrowd(folder, Math.ceil(count / aUser))
try {
  await setTimeout(3_000)
  const idle = crowd.memory()
  const begun = performance.now()
  const tokens = Array.from({ length: count }, (_, number) => crowd.tokens[number % crowd.tokens.length] ?? '')
  const devices = await connectDevices(crowd.url, tokens)
  const seconds = (performance.now() - begun) / 1000
  console.log(
    `${count} connections in ${seconds.toFixed(0)} s: ${(crowd.memory() - idle).toFixed(0)} MB above ${idle.toFixed(0)}`,
  )
  const before = crowd.cpu()
  await setTimeout(Number(options.minutes) * 60_000)
  const load = (crowd.cpu() - before) / (Number(options.minutes) * 60e6)
  const dropped = devices.filter((device) => !device.isOpen()).length
  const grown = crowd.memory() - idle
  console.log(
    `after ${options.minutes} minutes: ${grown.toFixed(0)} MB above idle (goal: ${mostMegabytes}), ${dropped} dropped (goal: 0), ${(load * 100).toFixed(1)} % of a core`,
  )
  for (const device of devices) device.close()
  process.exitCode = dropped > 0 || grown > (mostMegabytes * count) / 10_000 ? 1 : 0
} finally {
  await crowd.stop()
  rmSync(folder, { recursive: true, force: true })
}
