import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { clock } from './clock.ts'
import { crowd } from './crowd.ts'
import { damage } from './damage.ts'
import { diskCalls } from './disk-calls.ts'
import { fullDisk } from './full-disk.ts'
import { hostile } from './hostile.ts'
import { kill } from './kill.ts'
import { Impossible, type Part } from './part.ts'
import { power } from './power.ts'
import { postgres } from './postgres.ts'
import { restore } from './restore.ts'
import { killLeft } from './server.ts'
import { soak } from './soak.ts'
import { storm } from './storm.ts'

/** Breaks a server in many ways and looks whether it keeps its promises: `npm run test:faults -- [PART …] [OPTIONS]`. */
const parts: readonly Part[] = [kill, postgres, diskCalls, fullDisk, damage, power, clock, restore, crowd, storm, soak]
/** Measures times, which a busy machine decides: run only when it is named. */
const onDemand: readonly Part[] = [hostile]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Repeats what an earlier run did, as far as chance decides. */
    seed: { type: 'string' },
    rounds: { type: 'string' },
    minutes: { type: 'string' },
    /** Only these attacks of the hostile ones, with commas between. */
    attack: { type: 'string' },
    /** A few rounds of each part, for every change. */
    short: { type: 'boolean', default: false },
  },
})
const names = [...parts, ...onDemand].map(({ name }) => name)
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}. The parts are: ${names.join(', ')}`)
  process.exit(1)
}

const seed = Number(values.seed ?? randomInt(2 ** 31))
const settings = {
  seed,
  rounds: values.rounds === undefined ? undefined : Number(values.rounds),
  minutes: values.minutes === undefined ? undefined : Number(values.minutes),
  attack: values.attack,
  isShort: values.short,
}
process.once('exit', killLeft)
process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
const chosen =
  positionals.length === 0 ? parts : [...parts, ...onDemand].filter(({ name }) => positionals.includes(name))
const failed: string[] = []
const untested: string[] = []
for (const part of chosen) await runPart(part)
// Last of all, so that nobody overlooks it.
for (const told of untested) console.log(`!!!!!! SKIPPED, NOT TESTED: ${told}`)
for (const name of failed)
  console.error(`FAILED: ${name}. Repeat it with: npm run test:faults -- ${name} --seed ${seed}`)
process.exit(failed.length > 0 ? 1 : 0)

async function runPart(part: Part): Promise<void> {
  console.log(`${part.name}: ${part.promise} (--seed ${seed})`)
  const begun = performance.now()
  const took = (): string => `${((performance.now() - begun) / 1000).toFixed(0)} s`
  try {
    const figures = await part.run(settings)
    console.log(`${part.name}: kept. ${figures} [${took()}]`)
  } catch (error) {
    if (error instanceof Impossible) {
      console.log(`!!!!!! ${part.name}: SKIPPED, NOT TESTED: ${error.message}`)
      untested.push(`${part.name}: ${error.message}`)
      return
    }
    console.error(`${part.name}: FAILED after ${took()}`)
    console.error(error)
    failed.push(part.name)
    killLeft()
  }
}
