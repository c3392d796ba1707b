import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApp } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { addTask, expectShown, newEmail, password, register, row, serverTitles, signIn, startSite } from './steps.ts'

describe.runIf(hasChromium)('the way into the app', { timeout: 300_000 }, () => {
  let app: TestApp
  const devices: Device[] = []
  beforeAll(async () => {
    app = await startSite({ EMAIL_VERIFICATION: 'optional' })
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })

  async function open(baseUrl = app.baseUrl): Promise<Device> {
    const device = await openDevice(baseUrl)
    devices.push(device)
    return device
  }

  test('where addresses must be confirmed, one registers, opens the link of the mail and signs in', async () => {
    const strict = await startSite({ EMAIL_VERIFICATION: 'required' })
    const { page, close } = await open(strict.baseUrl)
    const email = newEmail()
    await page.goto('/register')
    await page.getByLabel('Name').fill('Ada')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill('password')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await expect
      .poll(() => page.getByRole('alert').textContent())
      .toMatch(/^This password is among the first.* random words\.$/)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()

    await page.getByRole('link', { name: 'Back to sign-in' }).click()
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Send the link again' }).waitFor()

    await page.goto(await mailedLink(strict, email))
    await signIn(page, { email })
    await expectShown(page.getByText('Nothing to do'))
    await close()
    await strict.stop()
  })

  test('a wrong password is told, and a forgotten one is replaced by a link', async () => {
    const user = await app.createUser()
    const { page } = await open()
    await page.goto('/settings')
    await page.getByLabel('E-mail').fill(user.email)
    await page.getByLabel('Password').fill('not the password')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('The e-mail address or the password is wrong').waitFor()
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByLabel('E-mail').fill(user.email)
    await page.getByRole('button', { name: 'Send the link' }).click()
    await page.getByText('a link to choose a new password was sent').waitFor()
    expect(await mailedLink(app, user.email)).toContain('reset-password')
  })

  test('where nobody is signed in, nothing that the page asks for is refused', async () => {
    const { page } = await open()
    const refused: string[] = []
    page.on('response', (reply) => reply.status() >= 400 && refused.push(`${reply.status()} ${reply.url()}`))
    for (const path of ['/', '/sign-in', '/settings']) {
      await page.goto(path, { waitUntil: 'networkidle' })
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    }
    expect(refused).toEqual([])
  })

  test('a browser that has only its cookie is signed in, and asks for everything once', async () => {
    const user = await app.createUser()
    const first = await open()
    await signIn(first.page, user)
    await addTask(first.page, 'mine')
    await expect.poll(() => serverTitles(user)).toEqual(['mine'])
    const { cookies } = await first.context.storageState()
    const device = await openDevice(app.baseUrl, { storageState: { cookies, origins: [] } })
    devices.push(device)
    const { page } = device
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url().slice(app.baseUrl.length)))
    await page.goto('/sign-in')
    await row(page, 'mine').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/tasks')
    expect(asked.filter((path) => path.startsWith('/api/')).toSorted()).toEqual([
      '/api/auth/get-session',
      '/api/auth/session',
      '/api/changes?since=0&limit=1000',
    ])
  })

  test('a sign-out that the server has not heard of is done before anything is shown', async () => {
    const { page } = await open()
    await register(page)
    await addTask(page, 'private')
    await row(page, 'private').waitFor()
    await page.evaluate(() => {
      localStorage.clear()
      localStorage.setItem('taskwell.logout-due', 'yes')
    })
    for (let turn = 0; turn < 2; turn++) {
      await page.goto('/', { waitUntil: 'networkidle' })
      await page.getByRole('heading', { name: 'Sign in' }).waitFor()
      expect(await page.getByText('private').count()).toBe(0)
    }
  })

  test('nothing was refused by the policy, and no error was left in the console', () => {
    expect(devices.flatMap(({ complaints }) => complaints)).toEqual([])
  })
})

/** The link in the last mail to that address. */
async function mailedLink(app: TestApp, email: string): Promise<string> {
  let link: string | undefined
  await expect
    .poll(() => {
      const mails = app.log.flatMap(({ mail }) => (isMail(mail) && mail.to === email ? [mail.text] : []))
      link = /https?:\/\/\S+/.exec(mails.at(-1) ?? '')?.[0]
      return link
    })
    .toBeDefined()
  return link ?? ''
}

function isMail(value: unknown): value is { to: string; text: string } {
  return typeof value === 'object' && value !== null && 'to' in value && 'text' in value
}
