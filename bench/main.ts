import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** All measurements, one after the other; ends with 1 if one of them fell short. `--short` takes less than a minute. */
const { values: options } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const programs = options.short
  ? [['throughput/main.ts', '--short']]
  : [
      ['throughput/main.ts', '--write'],
      ['lists.ts'],
      ['dashboard.ts'],
      ['growth.ts'],
      ['scale/postgres.ts'],
      ['scale/sockets.ts'],
      ['scale/delivery.ts'],
      ['scale/overload.ts'],
      ['scale/start.ts'],
    ]
const failed = programs.filter(([program = '', ...args]) => {
  const file = join(import.meta.dirname, program)
  return spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status !== 0
})
process.exitCode = failed.length > 0 ? 1 : 0
