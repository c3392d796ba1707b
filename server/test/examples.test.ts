import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { startApp, type TestApp } from './start-app.ts'

describe.each(databases)('the examples on %s', (database) => {
  let app: TestApp
  beforeAll(async () => {
    app = await startApp(database)
  })
  afterAll(() => app.stop())

  test('the one of the sync does what it says, and ends', async () => {
    const { token } = await app.createUser()
    const env = { ...process.env, TASKWELL_URL: app.baseUrl, TASKWELL_TOKEN: token }
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/sync.ts'], { env, timeout: 15_000 })
    expect(stdout.split('\n')).toEqual([
      'phone: Water the plants · waiting: 1',
      'server: saved',
      'laptop: Water the plants',
      'phone: in the bin true',
      '',
    ])
  })
})
