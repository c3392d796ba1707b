import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a CPU profile of V8 holds: the calls as a tree, and at which of them the program was found, how long each time (µs). */
interface Profile {
  readonly nodes: readonly CallNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface CallNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

/** The parts of a request, by the file of the innermost call that is in one of them. */
const parts: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['SQLite', /better-sqlite3|database\/sqlite-statements/],
  ['Kysely, transactions, group commit', /node_modules\/kysely|server\/src\/(database|context)/],
  ['who asks, and limits', /server\/src\/(auth|limits)\//],
  ['line of the log', /node_modules\/(pino|sonic-boom|safe-stable|quick-format)|server\/src\/(log|http\/log-request)/],
  ['checks, headers, validators, kept pages', /server\/src\/http\/|node_modules\/(ajv|fast-uri)/],
  ['what the endpoint does', /server\/src\/|node_modules\/(uuid|temporal)|api\/src\//],
  ['Fastify, and its hooks', /node_modules\//],
  ['Node: reading, writing, timers', /^node:/],
]
const rest = 'V8 and the system'

/**
 * Prints where the time of a request goes, from the profile in the folder, which must be of one case alone. The start of
 * the program is left out. `cpu` is what a request takes of the processor, in microseconds.
 */
export function tellBudget(folder: string, cpu: number): void {
  const [name] = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))
  if (name === undefined) return
  const profile: Profile = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const times = new Map<string, number>()
  const places = placesOf(profile)
  let total = 0
  for (const [at, sample] of profile.samples.entries()) {
    const place = places.get(sample)
    if (place === undefined) continue
    const time = profile.timeDeltas[at] ?? 0
    times.set(place, (times.get(place) ?? 0) + time)
    total += time
  }
  for (const [part, time] of [...times].toSorted(([, a], [, b]) => b - a)) {
    console.log(`${part.padEnd(42)} ${((time / total) * cpu).toFixed(0).padStart(5)} µs`)
  }
}

/** The part of each call; none for waiting and for what belongs to the start. */
function placesOf({ nodes }: Profile): Map<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const places = new Map<number, string>()
  const [root] = nodes
  const waiting: [CallNode, string | undefined][] = root ? [[root, rest]] : []
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [node, inherited] = next
    const place = inherited === undefined ? undefined : placeOf(node, inherited)
    if (place !== undefined) places.set(node.id, place)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child) waiting.push([child, place])
    }
  }
  return places
}

function placeOf({ callFrame: { functionName, url } }: CallNode, inherited: string): string | undefined {
  if (functionName === '(idle)' || /internal\/modules|src\/(main|start|app)\.ts|node_modules\/avvio/.test(url))
    return undefined
  if (functionName === '(garbage collector)') return 'garbage collector'
  return parts.find(([, pattern]) => pattern.test(url))?.[0] ?? inherited
}
