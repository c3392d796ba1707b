import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApp } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { addTask, password, register, row, signIn, startSite } from './steps.ts'

describe.runIf(hasChromium)('settings of the account', { timeout: 300_000 }, () => {
  let app: TestApp
  const devices: Device[] = []
  beforeAll(async () => {
    app = await startSite()
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })

  async function open(): Promise<Device> {
    const device = await openDevice(app.baseUrl)
    devices.push(device)
    return device
  }

  test('the profile is saved, and judged by the server', async () => {
    const { page } = await open()
    await register(page)
    await page.goto('/settings')
    await page.getByLabel('Name').first().fill('Grace')
    await page.getByRole('combobox', { name: 'Time zone' }).fill('Kiritimati')
    await page.getByRole('option', { name: 'Pacific/Kiritimati' }).click()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Your profile is saved').waitFor()
    await page.reload()
    await expect.poll(() => page.getByRole('combobox', { name: 'Time zone' }).inputValue()).toBe('Pacific/Kiritimati')
    await page.getByText('Signed in as Grace').waitFor()
  })

  test('a token is shown once, works, and is refused after it was deleted', async () => {
    const { page } = await open()
    await register(page)
    await page.goto('/settings')
    const section = page.getByRole('region', { name: 'API tokens' })
    await section.getByLabel('Name').fill('Backup')
    await section.getByRole('button', { name: 'Make a token' }).click()
    const token = (await section.locator('.secret').textContent()) ?? ''
    const ask = () => fetch(`${app.baseUrl}/api/tasks`, { headers: { authorization: `Bearer ${token}` } })
    expect((await ask()).status).toBe(200)
    await section.getByRole('button', { name: 'I have copied it' }).click()
    await section.getByRole('button', { name: 'Delete the token Backup' }).click()
    await page.getByText('The token is deleted').waitFor()
    expect((await ask()).status).toBe(401)
  })

  test('a session that is ended elsewhere signs this browser out at once, and shows nothing any more', async () => {
    const [here, there] = [await open(), await open()]
    const email = await register(here.page)
    await addTask(here.page, 'secret plan')
    await signIn(there.page, { email })
    await row(there.page, 'secret plan').waitFor()
    await here.page.goto('/settings')
    await here.page.getByRole('button', { name: 'Sign out all others' }).click()
    await there.page.getByText('Your session has ended').waitFor({ timeout: 10_000 })
    expect(await there.page.getByText('secret plan').count()).toBe(0)
    expect(await databaseNames(there)).toEqual([])
  })

  test('signing out clears the copy, in every tab, and the next user sees only what is theirs', async () => {
    const device = await open()
    const { page } = device
    await register(page)
    await addTask(page, 'diary of Ada')
    await page.getByText('Live', { exact: true }).waitFor()
    const tab = await device.context.newPage()
    await tab.goto('/')
    await row(tab, 'diary of Ada').waitFor()
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await tab.getByRole('heading', { name: 'Sign in' }).waitFor()
    await expect.poll(() => databaseNames(device)).toEqual([])
    await signIn(page, await app.createUser('Grace'))
    await page.getByText('Nothing to do').waitFor()
    expect(await page.getByText('diary of Ada').count()).toBe(0)
  })

  test('everything can be downloaded, and the account deleted with all that is here of it', async () => {
    const device = await open()
    const { page } = device
    await register(page)
    await addTask(page, 'pack')
    await page.goto('/settings')
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download everything' }).click()
    expect((await download).suggestedFilename()).toMatch(/\.json$/)
    await page.getByRole('button', { name: 'Delete the account…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Your password').fill('not the password')
    await dialog.getByRole('button', { name: 'Delete everything' }).click()
    await dialog.getByText('The password is wrong').waitFor()
    await dialog.getByLabel('Your password').fill(password)
    await dialog.getByRole('button', { name: 'Delete everything' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.getByText('The account is deleted, with all that was in it.').waitFor()
    await expect.poll(() => databaseNames(device)).toEqual([])
  })

  test('an account is deleted whole where the end of its session is heard before the reply', async () => {
    const device = await open()
    const { page } = device
    await register(page)
    await page.getByText('Live', { exact: true }).waitFor()
    // Never sent: where a session merely ended, it would be kept for its user.
    await page.route('**/api/tasks', (route) => route.abort())
    await addTask(page, 'pack')
    await page.getByRole('link', { name: 'Settings' }).click()
    let reply = () => {}
    const mayReply = new Promise<void>((resolve) => (reply = resolve))
    await page.route('**/api/account', async (route) => {
      const response = await route.fetch()
      await mayReply
      await route.fulfill({ response })
    })
    await page.getByRole('button', { name: 'Delete the account…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Your password').fill(password)
    await dialog.getByRole('button', { name: 'Delete everything' }).click()
    await page.getByText(/Your session has ended.* 1 change of/).waitFor()
    reply()
    await page.getByText('The account is deleted, with all that was in it.').waitFor()
    await expect.poll(() => databaseNames(device)).toEqual([])
  })

  test('nothing was refused by the policy, and no error was left in the console', () => {
    expect(devices.flatMap(({ complaints }) => complaints)).toEqual([])
  })
})

async function databaseNames({ page }: Device): Promise<(string | undefined)[]> {
  return page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name))
}
