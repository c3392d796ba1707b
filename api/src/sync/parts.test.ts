import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pauseAfter, readRetryAfter } from './backoff.ts'
import { makeIds } from './make-ids.ts'
import { createMemoryStorage } from './memory-storage.ts'
import { storageRules } from './storage-rules.ts'
import { emptyTaskMap } from './task-map.ts'
import type { Task } from '../tasks.ts'

describe('a storage in memory', () => {
  test.each(storageRules)('$rule', async ({ check }) => {
    const storage = createMemoryStorage()
    await expect(check(async () => storage)).resolves.toBeUndefined()
  })
})

describe('the rules of storages', () => {
  test('find a storage that loses, mixes up or forgets', async () => {
    const broken = [
      { commit: async () => {} },
      { loadWrites: async () => [] },
      { load: async () => ({ position: null, owner: null, tasks: [], writes: [], refusals: [] }) },
    ]
    for (const part of broken) {
      const storage = { ...createMemoryStorage(), ...part }
      const checks = await Promise.allSettled(storageRules.map(({ check }) => check(async () => storage)))
      expect(checks.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
    }
  })
})

describe('pauses', () => {
  test('double up to the longest, less up to half by chance', () => {
    for (let failures = 1; failures < 100; failures++) {
      const longest = Math.min(30_000, 500 * 2 ** (failures - 1))
      const pause = pauseAfter(failures, { first: 500, most: 30_000 })
      expect(pause).toBeGreaterThanOrEqual(longest / 2)
      expect(pause).toBeLessThanOrEqual(longest)
    }
    const pauses = new Set(Array.from({ length: 20 }, () => pauseAfter(5, { first: 500, most: 30_000 })))
    expect(pauses.size).toBeGreaterThan(1)
  })

  test('are never shorter than the server asks for, in seconds or until a time', () => {
    expect(pauseAfter(1, { first: 500, most: 30_000 }, 60_000)).toBeGreaterThanOrEqual(60_000)
    expect(readRetryAfter(new Headers({ 'retry-after': '7' }))).toBe(7_000)
    const soon = new Date(Date.now() + 10_000).toUTCString()
    expect(readRetryAfter(new Headers({ 'retry-after': soon }))).toBeGreaterThan(8_000)
    expect(readRetryAfter(new Headers({ 'retry-after': 'soon' }))).toBeNull()
    expect(readRetryAfter(new Headers())).toBeNull()
  })
})

describe('ids', () => {
  test('are UUIDv7s that sort as they were made, also after one from a clock that was ahead', () => {
    const next = makeIds('ffffff00-0000-7fff-8000-000000000000')
    const plain = makeIds()
    for (const make of [next, plain]) {
      const ids = Array.from({ length: 10_000 }, make)
      expect(ids.toSorted()).toEqual(ids)
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of ids.slice(0, 100))
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
    expect(next() > 'ffffff00-0000-7fff').toBe(true)
    expect(Math.abs(Number.parseInt(plain().slice(0, 13).replace('-', ''), 16) - Date.now())).toBeLessThan(60_000)
  })
})

describe('the map of tasks', () => {
  test('is a map whose former versions never change', () => {
    const change = fc.tuple(fc.nat(30), fc.option(fc.nat(), { nil: undefined }))
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 5 })), (steps) => {
        let map = emptyTaskMap()
        const model = new Map<string, Task>()
        for (const step of steps) {
          const [before, copy] = [map, new Map(model)]
          const changes = new Map(
            step.map(([id, revision]) => [`${id}`, revision === undefined ? undefined : taskAt(revision)]),
          )
          map = map.with(changes)
          for (const [id, task] of changes) {
            if (task) model.set(id, task)
            else model.delete(id)
          }
          expect(new Map(before)).toEqual(copy)
          expect(new Map(map)).toEqual(model)
          expect([map.size, [...map.keys()].length, [...map.values()].length]).toEqual([
            model.size,
            model.size,
            model.size,
          ])
          for (const id of model.keys()) expect([map.has(id), map.get(id)]).toEqual([true, model.get(id)])
        }
      }),
    )
  })
})

function taskAt(revision: number): Task {
  const at = '2027-01-01T00:00:00.000Z'
  const nothing = {
    description: null,
    completedAt: null,
    dueDate: null,
    dueTime: null,
    dueTimeZone: null,
    deletedAt: null,
  }
  return {
    ...nothing,
    id: '',
    title: 'a',
    completed: false,
    priority: 'low',
    version: 1,
    revision,
    createdAt: at,
    updatedAt: at,
  }
}
