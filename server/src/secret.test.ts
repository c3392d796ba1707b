import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { getSecret } from './secret.ts'

let dataDir: string

beforeEach(() => {
  dataDir = join(mkdtempSync(join(tmpdir(), 'taskwell-secret-')), 'data')
})

afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }))

describe('the secret', () => {
  test('is made once, for its owner only, and stays the same', () => {
    const secret = getSecret({ authSecret: undefined, dataDir })
    expect(secret).toMatch(/^[\w-]{43}$/)
    expect(getSecret({ authSecret: undefined, dataDir })).toBe(secret)
    expect(readdirSync(dataDir)).toEqual(['auth-secret'])
    expect(statSync(join(dataDir, 'auth-secret')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(dataDir, 'auth-secret'), 'utf8').trim()).toBe(secret)
  })

  test('is for its owner only even where new files are for everybody', () => {
    const before = process.umask(0)
    getSecret({ authSecret: undefined, dataDir })
    process.umask(before)
    expect(statSync(join(dataDir, 'auth-secret')).mode & 0o777).toBe(0o600)
  })

  test('differs from store to store', () => {
    expect(getSecret({ authSecret: undefined, dataDir })).not.toBe(
      getSecret({ authSecret: undefined, dataDir: join(dataDir, 'other') }),
    )
  })

  test('that is configured wins, and no file is made', () => {
    const authSecret = 'a secret of at least thirty-two characters'
    expect(getSecret({ authSecret, dataDir })).toBe(authSecret)
    expect(existsSync(dataDir)).toBe(false)
  })

  test('that was cut short is not replaced in silence, which would sign everybody out', () => {
    getSecret({ authSecret: undefined, dataDir })
    writeFileSync(join(dataDir, 'auth-secret'), 'half a secr')
    expect(() => getSecret({ authSecret: undefined, dataDir })).toThrow('is damaged')
    expect(() => getSecret({ authSecret: undefined, dataDir })).not.toThrow('half a secr')
    expect(readFileSync(join(dataDir, 'auth-secret'), 'utf8')).toBe('half a secr')
  })
})
