import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@taskwell/api'
import { cleanUp, newFolder, startServer } from '../../server/test/run-program.ts'

/**
 * Lets Lighthouse judge the built app on a real server: `npm run lighthouse`. It has packages of its own, beside this
 * file. `--short` judges on a phone only, and fails where a page has become far slower.
 */
const isShort = process.argv.includes('--short')
const program = join(import.meta.dirname, 'node_modules/lighthouse/cli/index.js')
const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]
const categories = ['performance', 'accessibility', 'best-practices'] as const
/** In percent. */
const wanted = { performance: 95, accessibility: 100, 'best-practices': 100 }
/** How fast a page is depends on what else the machine does: where the first does not do, the one in the middle counts. */
const tries = 3
/** A machine that is shared may be as slow as this. */
const least = { ...wanted, performance: isShort ? 70 : wanted.performance }
/** The browser's record of a page is now and then without a beginning, and Lighthouse asks to be run again. */
const attempts = 4
/** Signed in, all but the first; it is judged as by somebody who has never been there. */
const phonePages = ['/sign-in', '/tasks', '/dashboard', '/bin', '/settings']
const desktopPages = isShort ? [] : phonePages

interface Report {
  readonly categories: Readonly<Record<(typeof categories)[number], { readonly score: number | null }>>
  readonly audits: Readonly<Record<string, { readonly title: string; readonly score: number | null }>>
}

const folder = mkdtempSync(join(tmpdir(), 'taskwell-lighthouse-'))
const server = await startServer({ DATA_DIR: newFolder(), LIMITS: 'off' })
const headersFile = join(folder, 'headers.json')
try {
  await signUp()
  for (const path of phonePages) await judge(path, 'phone', [])
  for (const path of desktopPages) await judge(path, 'desktop', ['--preset=desktop'])
} finally {
  await cleanUp()
  rmSync(folder, { recursive: true, force: true })
}

/** Makes an account with some tasks, and keeps its cookie for the browser. */
async function signUp(): Promise<void> {
  const body = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
  const reply = await createClient({ baseUrl: server.url }).register({ body })
  const token = reply.headers.get('set-auth-token') ?? ''
  const client = createClient({ baseUrl: server.url, token: () => token })
  for (let number = 1; number <= 50; number++) await client.createTask({ body: { title: `Task ${number}` } })
  const cookie = reply.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  writeFileSync(headersFile, JSON.stringify({ Cookie: cookie }))
}

async function judge(path: string, form: string, preset: readonly string[]): Promise<void> {
  const first = await run(path, preset)
  const reports = [first]
  while (!reaches(first, wanted) && reports.length < tries) reports.push(await run(path, preset))
  const byScore = reports.toSorted((a, b) => percent(a, 'performance') - percent(b, 'performance'))
  const middle = byScore[Math.floor(byScore.length / 2)] ?? first
  const scores = categories.map((name) => `${name} ${percent(middle, name)}`).join(', ')
  process.stdout.write(`${path} (${form}, ${reports.length} tries): ${scores}\n`)
  if (reaches(middle, least)) return
  const faults = Object.values(middle.audits).filter(({ score }) => score === 0)
  process.stdout.write(`  below what is wanted: ${faults.map(({ title }) => title).join('; ')}\n`)
  process.exitCode = 1
}

function reaches(report: Report, asked: Readonly<Record<(typeof categories)[number], number>>): boolean {
  return categories.every((name) => percent(report, name) >= asked[name])
}

function percent(report: Report, name: (typeof categories)[number]): number {
  return Math.round((report.categories[name].score ?? 0) * 100)
}

async function run(path: string, preset: readonly string[]): Promise<Report> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(path, preset)
    } catch (error) {
      if (attempt === attempts || !String(error).includes('Please run Lighthouse again')) throw error
    }
  }
}

async function runOnce(path: string, preset: readonly string[]): Promise<Report> {
  const output = join(folder, 'report.json')
  await promisify(execFile)(
    process.execPath,
    [
      program,
      `${server.url}${path}`,
      '--quiet',
      '--output=json',
      `--output-path=${output}`,
      '--no-enable-error-reporting',
      `--only-categories=${categories.join(',')}`,
      `--chrome-flags=${flags.join(' ')}`,
      ...preset,
      ...(path === '/sign-in' ? [] : [`--extra-headers=${headersFile}`]),
    ],
    { env: { ...process.env, CHROME_PATH: chromium }, maxBuffer: 1e8 },
  )
  return JSON.parse(readFileSync(output, 'utf8')) as Report
}
