import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApp, TestUser } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { row, signIn, startSite } from './steps.ts'

describe.runIf(hasChromium)('a task that two devices edit at once', { timeout: 300_000 }, () => {
  let app: TestApp
  let user: TestUser
  let devices: Device[]
  let phone: Page
  let laptop: Page
  beforeAll(async () => {
    app = await startSite()
    user = await app.createUser()
    devices = [await openDevice(app.baseUrl), await openDevice(app.baseUrl)]
    const pages = devices.map(({ page }) => page)
    for (const page of pages) await signIn(page, user)
    ;[phone, laptop] = [pages[0] ?? fail(), pages[1] ?? fail()]
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })

  /** A new task that both devices have open. */
  async function openOnBoth(title: string): Promise<void> {
    await user.client.createTask({ body: { title, description: 'bring water' } })
    for (const page of [phone, laptop]) {
      await row(page, title).getByText(title).click()
      await page.getByRole('button', { name: 'Edit notes' }).click()
    }
  }

  async function onServer(): Promise<{ title: string; description: string | null; priority: string }> {
    const { body } = await user.client.listTasks({ query: { sort: '-createdAt', limit: 1 } })
    return body.items[0] ?? fail()
  }

  const text = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true })
  const save = (page: Page) => page.getByRole('button', { name: 'Save' }).click()

  test.each([
    { field: 'Title', choice: 'Keep mine', kept: 'from the phone' },
    { field: 'Title', choice: 'Take theirs', kept: 'from the laptop' },
    { field: 'Notes', choice: 'Keep mine', kept: 'from the phone' },
    { field: 'Notes', choice: 'Take theirs', kept: 'from the laptop' },
    { field: 'Notes', choice: 'Keep both', kept: 'from the laptop\n\nfrom the phone' },
  ])('$field: the second to save sees both texts and chooses: $choice', async ({ field, choice, kept }) => {
    const name = `${field}, ${choice}`
    await openOnBoth(name)
    await text(phone, field).fill('from the phone')
    await text(laptop, field).fill('from the laptop')
    await save(laptop)
    const question = phone.getByRole('alert').filter({ hasText: 'changed elsewhere' })
    await question.getByText('from the laptop').waitFor()
    await save(phone)
    await phone.getByText('Not saved yet: choose between').waitFor()
    const member = field === 'Title' ? 'title' : 'description'
    expect(await onServer()).toMatchObject({ [member]: 'from the laptop' })
    await question.getByRole('button', { name: choice }).click()
    await question.waitFor({ state: 'detached' })
    await save(phone)
    await text(phone, field).waitFor({ state: 'detached' })
    await expect.poll(onServer).toMatchObject({ [member]: kept })
  })

  test('what only one of them changes is joined without a question', async () => {
    await openOnBoth('joined')
    await text(phone, 'Title').fill('joined title')
    await text(laptop, 'Notes').fill('bring wine')
    await laptop.getByRole('radio', { name: 'High' }).check()
    await save(laptop)
    await expect.poll(() => text(phone, 'Notes').inputValue()).toBe('bring wine')
    await expect.poll(() => phone.getByRole('radio', { name: 'High' }).isChecked()).toBe(true)
    await save(phone)
    await expect.poll(onServer).toMatchObject({ title: 'joined title', description: 'bring wine', priority: 'high' })
  })

  test('who goes on to another task without having chosen loses neither text', async () => {
    await user.client.createTask({ body: { title: 'another one' } })
    await openOnBoth('left')
    await text(phone, 'Notes').fill('from the phone')
    await text(laptop, 'Notes').fill('from the laptop')
    await save(laptop)
    await phone.getByRole('alert').getByText('from the laptop').waitFor()
    await row(phone, 'another one').getByText('another one').click()
    await expect.poll(onServer).toMatchObject({ description: 'from the laptop\n\nfrom the phone' })
    await phone.keyboard.press('Escape')
  })

  test.each([
    { choice: 'Keep mine', kept: 'from the phone' },
    { choice: 'Take theirs', kept: 'from the laptop' },
    { choice: 'Keep both', kept: 'from the laptop\n\nfrom the phone' },
  ])('who wrote offline sees afterwards what it has written over: $choice', async ({ choice, kept }) => {
    await openOnBoth(`offline, ${choice}`)
    const { context } = devices[0] ?? fail()
    await phone.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    await context.setOffline(true)
    try {
      await text(phone, 'Notes').fill('from the phone')
      await save(phone)
      await phone.getByText('Offline, 1 waiting').waitFor()
      await text(laptop, 'Notes').fill('from the laptop')
      await save(laptop)
      await expect.poll(onServer).toMatchObject({ description: 'from the laptop' })
      // Also when the app is started anew in between.
      if (choice === 'Keep both') {
        await phone.reload()
        await phone.getByText('Offline, 1 waiting').waitFor()
      }
    } finally {
      await context.setOffline(false)
    }
    const question = phone.getByRole('alert').filter({ hasText: 'from the laptop' })
    await question.getByRole('button', { name: choice }).click()
    await question.waitFor({ state: 'detached' })
    await expect.poll(onServer).toMatchObject({ description: kept })
    await phone.reload()
    await phone.getByText('Live', { exact: true }).waitFor()
    expect(await phone.getByRole('alert').count()).toBe(0)
  })

  test('who wrote offline what nobody else has touched is not asked', async () => {
    await openOnBoth('offline, alone')
    const { context } = devices[0] ?? fail()
    await context.setOffline(true)
    try {
      for (const words of ['from the phone', 'from the phone, again']) {
        await text(phone, 'Notes').fill(words)
        await save(phone)
        await phone.getByText(/Offline, \d waiting/).waitFor()
        await row(phone, 'offline, alone').getByText('offline, alone').click()
        await phone.getByRole('button', { name: 'Edit notes' }).click()
      }
      await phone.keyboard.press('Escape')
    } finally {
      await context.setOffline(false)
    }
    await phone.getByText('Live', { exact: true }).waitFor()
    await expect.poll(onServer).toMatchObject({ description: 'from the phone, again' })
    await expect
      .poll(() => phone.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('offline-texts'))))
      .toEqual([])
    expect(await phone.getByRole('alert').count()).toBe(0)
    await text(laptop, 'Title').press('Escape')
  })

  test('nothing was refused by the policy, and no error was left in the console', () => {
    expect(devices.flatMap(({ complaints }) => complaints)).toEqual([])
  })
})

function fail(): never {
  throw new Error('It is not there')
}
