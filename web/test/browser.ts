import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

export const hasChromium = existsSync(executablePath)
if (!hasChromium) {
  process.stderr.write(
    `\n!!! The tests in a browser need ${executablePath}, which is not there: apt-get install -y chromium (or set CHROMIUM)\n\n`,
  )
  // In continuous integration a test that did not run is a failure.
  if (process.env['CI'] === 'true') throw new Error('Chromium is missing')
}

/** A browser of a user, and everything it complained about. */
export interface Device {
  readonly context: BrowserContext
  readonly page: Page
  /** Errors and warnings of the console, faults of scripts, refusals by the content security policy. */
  readonly complaints: string[]
  close(): Promise<void>
}

let browser: Promise<Browser> | undefined

export async function openDevice(baseUrl: string, options: BrowserContextOptions = {}): Promise<Device> {
  browser ??= chromium.launch({ executablePath, args: flags })
  const context = await (
    await browser
  ).newContext({ baseURL: baseUrl, viewport: { width: 1280, height: 800 }, ...options })
  // Nobody waits longer than it takes, and a busy machine may take long.
  context.setDefaultTimeout(30_000)
  const complaints: string[] = []
  await context.exposeBinding('taskwellComplaint', (_, text: string) => void complaints.push(text))
  await context.addInitScript(() => {
    document.addEventListener(
      'securitypolicyviolation',
      ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
        const report = `CSP ${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`
        const told: unknown = Reflect.get(globalThis, 'taskwellComplaint')
        if (typeof told === 'function') told(report)
      },
    )
  })
  const page = await context.newPage()
  watch(page, complaints)
  return { context, page, complaints, close: () => context.close() }
}

/** Watches a further tab of a device. */
export function watch(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(`${error.name}: ${error.message}`))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    // The browser itself tells of every refused or unreachable request; what the app makes of it is tested.
    if (
      /^Failed to load resource|^WebSocket connection to|net::ERR_|error occurred when fetching the script/.test(
        message.text(),
      )
    )
      return
    complaints.push(message.text())
  })
}

export async function closeBrowser(): Promise<void> {
  await (await browser)?.close()
  browser = undefined
}
