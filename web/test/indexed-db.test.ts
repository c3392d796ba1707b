import { join } from 'node:path'
import { storageRules } from '@taskwell/api'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'

const site = 'http://localhost:9'

describe.runIf(hasChromium)('the storage in the browser', { timeout: 60_000 }, () => {
  let device: Device
  beforeAll(async () => {
    const script = await bundle()
    device = await openDevice(site)
    await device.context.route(`${site}/**`, (route) =>
      route.request().url().endsWith('/rules.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({
            contentType: 'text/html',
            body: '<!doctype html><script type="module" src="/rules.js"></script>',
          }),
    )
    await device.page.goto('/')
    await device.page.waitForFunction(() => 'checkRule' in globalThis)
  })
  afterAll(closeBrowser)

  test.each(storageRules.map(({ rule }) => rule))('%s', async (rule) => {
    const fault = await device.page.evaluate((name) => {
      const check: unknown = Reflect.get(globalThis, 'checkRule')
      return typeof check === 'function' ? (check(name) as Promise<string | null>) : 'The rules are not there'
    }, rule)
    expect(fault).toBeNull()
  })
})

/** The storage and its rules as one script for a page. */
async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2024',
      lib: { entry: join(import.meta.dirname, 'check-rule.ts'), formats: ['es'] },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const [output] = Array.isArray(result) ? result : [result]
  const chunk = output && 'output' in output ? output.output[0] : undefined
  if (!chunk) throw new Error('Nothing was built')
  return chunk.code
}
