import { type Operation, TaskwellError } from '@taskwell/api'
import { type Entry, send } from './ledger.ts'
import { pause, repeatSome, settle, startLoad } from './load.ts'
import { demand } from './part.ts'
import { createRandom, type Random } from './random.ts'
import { readSpace } from './store.ts'
import { verify } from './verify.ts'
import { createPerson, createWorld, type Person } from './world.ts'

/** What a process of the crowd is asked to do: `node faults/crowd-client.ts ORDER`, as JSON. */
export interface Order {
  readonly url: string
  readonly file: string
  readonly seed: number
  readonly people: number
  /** Of each person, at once. */
  readonly writers: number
  /** In milliseconds. */
  readonly duration: number
}

/** What it has to tell, as JSON: how often each status came (or none), and what became of its writes. */
export interface Told {
  readonly statuses: Readonly<Record<string, number>>
  readonly acknowledged: number
  readonly refused: number
  readonly unanswered: number
  /** Tasks of somebody who sends each batch once and takes no refusal to heart. */
  readonly carelesslyImported: number
}

/** In milliseconds: for so long writes may be refused because there are too many of them. */
const patience = 180_000
/** So many tasks are brought in by batches, as who comes from another program does. */
const imported = 1_002
const mostOperations = 100

const order: Order = JSON.parse(process.argv[2] ?? '')
console.log(JSON.stringify(await crowd(order)))
process.exit(0)

async function crowd({ url, file, seed, people, writers, duration }: Order): Promise<Told> {
  const random = createRandom(seed)
  const statuses: Record<string, number> = {}
  const hear = (status: number | undefined): void => {
    const name = status === undefined ? 'none' : String(status)
    statuses[name] = (statuses[name] ?? 0) + 1
  }
  const world = await createWorld(url, random, { people: people + 1, copies: 0, hear })
  const [importer, ...writing] = world.people
  if (!importer) throw new Error('Nobody is there')
  const careless = await createPerson(url, random, { hear })
  const load = startLoad({ ...world, people: writing }, { clients: writers, arePatient: true })
  const [, carelesslyImported] = await Promise.all([
    bringIn(importer, random),
    bringInOnce(careless, random),
    pause(duration),
  ])
  await load.stop()
  const unanswered = await settle(world, patience)
  await repeatSome(world)
  const place = { kind: 'sqlite', file } as const
  await verify(world, place)
  const { tasks } = await readSpace(place, importer.id)
  demand(tasks.length === imported, `${imported} tasks were brought in by batches, and ${tasks.length} are there`)
  const found = (await readSpace(place, careless.id)).tasks.length
  const { done, unknown } = carelesslyImported
  demand(
    found >= done && found <= done + unknown,
    `${done} tasks of batches without a key were acknowledged, ${unknown} got no answer, and ${found} are there`,
  )
  const all = world.people.flatMap((person) => person.entries)
  return {
    statuses,
    acknowledged: all.filter((entry) => entry.acknowledgement).length,
    refused: all.filter((entry) => entry.refusal).length,
    unanswered,
    carelesslyImported: found,
  }
}

/** Several batches at once, each sent under its key until it is answered. */
async function bringIn(person: Person, random: Random): Promise<void> {
  const entries = makeBatches(random).map((operations): Entry => ({
    key: random.uuid(),
    request: { kind: 'batch', operations },
  }))
  person.entries.push(...entries)
  const deadline = performance.now() + patience
  await Promise.all(
    entries.map(async (entry) => {
      while ((await send(person.client, entry)) === 'unanswered') {
        demand(performance.now() < deadline, `a batch got no answer for ${patience / 1000} s`)
        await pause(random.below(500))
      }
    }),
  )
}

/** The same without keys, and without a second attempt. Answers how many tasks were acknowledged, and of how many nothing is known. */
async function bringInOnce({ client }: Person, random: Random): Promise<{ done: number; unknown: number }> {
  const told = { done: 0, unknown: 0 }
  const sendOnce = async (operations: Operation[]): Promise<void> => {
    try {
      await client.batchTasks({ body: { operations } })
      told.done += operations.length
    } catch (error) {
      if (!(error instanceof TaskwellError)) told.unknown += operations.length
    }
  }
  await Promise.all(makeBatches(random).map(sendOnce))
  return told
}

function makeBatches(random: Random): Operation[][] {
  const operations = Array.from({ length: imported }, (): Operation => {
    const id = random.uuid()
    return { op: 'create', task: { id, title: `Task ${id}` } }
  })
  return Array.from({ length: Math.ceil(imported / mostOperations) }, (_, number) =>
    operations.slice(number * mostOperations, (number + 1) * mostOperations),
  )
}
