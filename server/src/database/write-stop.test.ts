import { expect, test } from 'vitest'
import { createWriteStop } from './write-stop.ts'

function failing(code: string): () => never {
  return () => {
    throw Object.assign(new Error(code), { code })
  }
}

test('the first error of the disk ends all writing and is told, later ones are not', () => {
  const causes: unknown[] = []
  const stop = createWriteStop()
  stop.onStop((cause) => causes.push(cause))
  for (const code of ['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_FULL']) expect(() => stop.watch(failing(code))).toThrow(code)
  stop.refuse()
  expect([stop.hasStopped(), causes]).toEqual([false, []])
  for (const code of ['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE']) expect(() => stop.watch(failing(code))).toThrow(code)
  expect(stop.hasStopped()).toBe(true)
  expect(causes).toMatchObject([{ code: 'SQLITE_IOERR_FSYNC' }])
  expect(() => stop.refuse()).toThrow(expect.objectContaining({ code: 'unavailable' }))
})
