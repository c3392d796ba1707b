import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Hold, claimFile } from './lock.ts'

let root: string
let claims: Hold[]

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'taskwell-lock-'))
  claims = []
})

afterEach(async () => {
  for (const { release } of claims) await release()
  rmSync(root, { recursive: true, force: true })
})

describe('a store', () => {
  test('is claimed by one at a time, and the refusal says what to do', () => {
    claim('data/taskwell.db')
    expect(() => claim('data/taskwell.db')).toThrow(/^Another Taskwell is using .*taskwell\.db\. Stop it first/)
    expect(() => claim('data/taskwell.db')).toThrow('DATA_DIR')
  })

  test('can be claimed again after its release', () => {
    claim('data/taskwell.db').release()
    expect(() => claim('data/taskwell.db')).not.toThrow()
  })

  test('does not stand in the way of another store', () => {
    claim('data/taskwell.db')
    expect(() => claim('other/taskwell.db')).not.toThrow()
    expect(() => claim('elsewhere/one.db')).not.toThrow()
    expect(() => claim('elsewhere/two.db')).not.toThrow()
  })

  test('outside of the data folders is shared by nobody either', () => {
    claim('elsewhere/tasks.db')
    expect(() => claim('elsewhere/tasks.db')).toThrow('Another Taskwell')
  })

  test('is the same one through a linked folder', () => {
    mkdirSync(join(root, 'data'))
    symlinkSync('data', join(root, 'link'))
    claim('data/taskwell.db')
    expect(() => claim('link/taskwell.db')).toThrow('Another Taskwell')
    expect(() => claim('link/taskwell.db')).toThrow('Another Taskwell')
  })

  test('is the same one through a linked file', () => {
    mkdirSync(join(root, 'data'))
    mkdirSync(join(root, 'other'))
    writeFileSync(join(root, 'data/taskwell.db'), '')
    symlinkSync('../data/taskwell.db', join(root, 'other/taskwell.db'))
    claim('data/taskwell.db')
    expect(() => claim('other/taskwell.db')).toThrow('Another Taskwell')
  })
})

function claim(file: string): Hold {
  const claimed = claimFile(join(root, file))
  claims.push(claimed)
  return claimed
}
