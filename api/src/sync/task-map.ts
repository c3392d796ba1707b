import type { Task } from '../tasks.ts'

/** An immutable map of tasks of which a changed version costs little, however many tasks there are. */
export interface TaskMap extends ReadonlyMap<string, Task> {
  /** The map with these tasks changed; those that are undefined leave. */
  with(changes: ReadonlyMap<string, Task | undefined>): TaskMap
}

type Shards = readonly ReadonlyMap<string, Task>[]

const shardCount = 1_024

export function emptyTaskMap(): TaskMap {
  const empty: ReadonlyMap<string, Task> = new Map()
  return ofShards(
    Array.from({ length: shardCount }, () => empty),
    0,
  )
}

function ofShards(shards: Shards, size: number): TaskMap {
  function* entries(): Generator<[string, Task], undefined> {
    for (const shard of shards) yield* shard
    return undefined
  }
  function* keys(): Generator<string, undefined> {
    for (const shard of shards) yield* shard.keys()
    return undefined
  }
  function* values(): Generator<Task, undefined> {
    for (const shard of shards) yield* shard.values()
    return undefined
  }
  const map: TaskMap = {
    size,
    get: (id) => shards[placeOf(id)]?.get(id),
    has: (id) => shards[placeOf(id)]?.has(id) ?? false,
    entries,
    keys,
    values,
    [Symbol.iterator]: entries,
    forEach: (visit) => {
      for (const [id, task] of entries()) visit(task, id, map)
    },
    with: (changes) => change(shards, size, changes),
  }
  return map
}

function change(shards: Shards, size: number, changes: ReadonlyMap<string, Task | undefined>): TaskMap {
  const copied = new Map<number, Map<string, Task>>()
  let count = size
  for (const [id, task] of changes) {
    const place = placeOf(id)
    const shard = copied.get(place) ?? new Map(shards[place])
    copied.set(place, shard)
    count -= shard.delete(id) ? 1 : 0
    if (!task) continue
    shard.set(id, task)
    count += 1
  }
  return ofShards(
    shards.map((shard, place) => copied.get(place) ?? shard),
    count,
  )
}

/** The last digits of a UUID are random. */
function placeOf(id: string): number {
  return (Number.parseInt(id.slice(-3), 16) || 0) % shardCount
}
