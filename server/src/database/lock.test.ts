import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { claimStore } from './lock.ts'

let root: string
let claims: { release(): void }[]

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'taskwell-lock-'))
  claims = []
})

afterEach(() => {
  for (const { release } of claims) release()
  rmSync(root, { recursive: true, force: true })
})

describe('a store', () => {
  test('is claimed by one at a time, and the refusal says what to do', () => {
    claim('data/taskwell.db', 'data')
    expect(() => claim('data/taskwell.db', 'data')).toThrow(/^Another Taskwell is using .*taskwell\.db\. Stop it first/)
    expect(() => claim('data/taskwell.db', 'data')).toThrow('DATA_DIR')
  })

  test('can be claimed again after its release', () => {
    claim('data/taskwell.db', 'data').release()
    expect(() => claim('data/taskwell.db', 'data')).not.toThrow()
  })

  test('does not stand in the way of another store', () => {
    claim('data/taskwell.db', 'data')
    expect(() => claim('other/taskwell.db', 'other')).not.toThrow()
    expect(() => claim('elsewhere/one.db', 'third')).not.toThrow()
    expect(() => claim('elsewhere/two.db', 'third')).not.toThrow()
  })

  test('outside of the data folders is shared by nobody either', () => {
    claim('elsewhere/tasks.db', 'one')
    expect(() => claim('elsewhere/tasks.db', 'two')).toThrow('Another Taskwell')
  })

  test('is the same one through a linked folder', () => {
    mkdirSync(join(root, 'data'))
    symlinkSync('data', join(root, 'link'))
    claim('data/taskwell.db', 'data')
    expect(() => claim('link/taskwell.db', 'link')).toThrow('Another Taskwell')
    expect(() => claim('link/taskwell.db', 'data')).toThrow('Another Taskwell')
  })

  // Known to be missing; drop `fails` with the repair.
  test.fails.each([
    ['the owner of the folder comes first', ['data', 'other']],
    ['the owner of the folder comes second', ['other', 'data']],
  ])('is the same one in the data folder of one server and named by another: %s', (_, [first = '', second = '']) => {
    claim('data/taskwell.db', first)
    expect(() => claim('data/taskwell.db', second)).toThrow('Another Taskwell')
  })

  test.fails('is the same one through a linked file', () => {
    mkdirSync(join(root, 'data'))
    mkdirSync(join(root, 'other'))
    writeFileSync(join(root, 'data/taskwell.db'), '')
    symlinkSync('../data/taskwell.db', join(root, 'other/taskwell.db'))
    claim('data/taskwell.db', 'data')
    expect(() => claim('other/taskwell.db', 'other')).toThrow('Another Taskwell')
  })
})

function claim(file: string, dataDir: string): { release(): void } {
  const claimed = claimStore(join(root, file), join(root, dataDir))
  claims.push(claimed)
  return claimed
}
