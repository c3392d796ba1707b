import type { Task } from '@taskwell/api'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TestApp, TestUser } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { addTask, row, signIn, startSite } from './steps.ts'

/** Each does one thing to the list below, as a user would. */
const actions: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  'adding a task': (page) => addTask(page, 'new tomorrow 9:00 !high'),
  'changing the title': (page) => edit(page, () => page.getByLabel('Title').fill('other title')),
  'changing the notes': (page) =>
    edit(page, async () => {
      await page.getByRole('button', { name: 'Edit notes' }).click()
      await page.getByLabel('Notes').fill('other notes')
    }),
  'changing the priority': (page) => edit(page, () => page.getByRole('radio', { name: 'Low' }).check()),
  'changing the day': (page) => edit(page, () => page.getByLabel('Day').fill('2032-05-06')),
  'changing the time': (page) => edit(page, () => page.getByLabel('Time', { exact: true }).fill('17:45')),
  'changing the zone': (page) =>
    edit(page, async () => {
      await page.getByLabel('Time zone').selectOption('Asia/Tokyo')
    }),
  'taking the date off': (page) => edit(page, () => page.getByRole('button', { name: 'No date', exact: true }).click()),
  'completing a task': (page) => row(page, 'dated').getByLabel('Done: dated').click(),
  'completing a task by key': (page) => press(page, 'Space'),
  'reopening a task': async (page) => {
    await page.getByRole('button', { name: 'Done 1' }).click()
    await row(page, 'finished').getByLabel('Done: finished').click()
  },
  'deleting a task': (page) =>
    edit(page, () => page.getByRole('button', { name: 'Delete' }).click(), { isSaved: false }),
  'deleting a task by key': (page) => press(page, 'Delete'),
  'giving a priority by key': (page) => press(page, '3'),
  'moving to today by key': (page) => press(page, 't'),
  'moving to tomorrow by key': (page) => press(page, 'w'),
  'restoring a task': async (page) => {
    await page.getByRole('link', { name: 'Bin' }).click()
    await page.getByRole('button', { name: 'Restore binned' }).click()
  },
  'completing many': (page) => many(page, () => page.getByRole('button', { name: 'Complete' }).click()),
  'moving many': (page) => many(page, () => choose(page, 'Move to', 'In a week')),
  'taking the date off many': (page) => many(page, () => choose(page, 'Move to', 'No date')),
  'prioritising many': (page) => many(page, () => choose(page, 'Priority', 'Low')),
  'deleting many': (page) =>
    many(page, () =>
      page.getByRole('region', { name: 'Selected tasks' }).getByRole('button', { name: 'Delete' }).click(),
    ),
}

describe.runIf(hasChromium)('undo takes back', { timeout: 300_000 }, () => {
  let app: TestApp
  let device: Device
  let page: Page
  let user: TestUser
  beforeAll(async () => {
    app = await startSite()
    device = await openDevice(app.baseUrl)
    page = device.page
    user = await app.createUser()
    await signIn(page, user)
    // What is loaded later must be there offline.
    await page.waitForLoadState('networkidle')
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })
  beforeEach(async () => {
    const { body } = await user.client.listTasks({ query: { limit: 100 } })
    for (const { id } of body.items) await user.client.deleteTask({ params: { id } })
    await user.client.emptyBin()
    // By way of another screen, so that no group stays open.
    await page.getByRole('link', { name: 'Bin' }).click()
    await page.getByRole('link', { name: 'Tasks', exact: true }).click()
    await page.getByText('Nothing to do').waitFor()
    const create = async (task: Parameters<TestUser['client']['createTask']>[0]['body']) =>
      (await user.client.createTask({ body: task })).body
    await create({ title: 'dated', description: 'some notes', priority: 'high', ...nextYear, dueTime: '10:30' })
    await create({ title: 'plain' })
    await create({ title: 'finished', completed: true })
    const binned = await create({ title: 'binned' })
    await user.client.deleteTask({ params: { id: binned.id } })
    await row(page, 'dated').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
  })

  async function onServer(): Promise<Partial<Task>[]> {
    const { body } = await user.client.listTasks({ query: { limit: 100, sort: 'title' } })
    return body.items.map(({ title, description, completed, priority, dueDate, dueTime, dueTimeZone }) => {
      return { title, description, completed, priority, dueDate, dueTime, dueTimeZone }
    })
  }

  const undo = () => page.getByRole('button', { name: 'Undo' }).click()
  const isLive = () => page.getByText('Live', { exact: true }).waitFor()

  describe.each(Object.entries(actions))('%s', (_, perform) => {
    test('once the server has it, and redo does it again', async () => {
      const before = await onServer()
      await perform(page)
      await expect.poll(onServer).not.toEqual(before)
      await isLive()
      const after = await onServer()
      await undo()
      await expect.poll(onServer).toEqual(before)
      await page.getByRole('button', { name: 'Redo' }).click()
      await expect.poll(onServer).toEqual(after)
      await page.keyboard.press('Control+z')
      await expect.poll(onServer).toEqual(before)
    })

    test('offline, at once in the list, and the server never shows it', async () => {
      const before = await onServer()
      const seen = await look(page)
      await device.context.setOffline(true)
      try {
        await perform(page)
        await page.getByText('Offline, 1 waiting').waitFor()
        await undo()
        await expect.poll(() => look(page)).toEqual(seen)
      } finally {
        await device.context.setOffline(false)
      }
      await isLive()
      expect(await onServer()).toEqual(before)
      expect(await look(page)).toEqual(seen)
    })

    test('offline after it was sent, at once in the list and later on the server', async () => {
      const before = await onServer()
      const seen = await look(page)
      await perform(page)
      await expect.poll(onServer).not.toEqual(before)
      await isLive()
      await device.context.setOffline(true)
      try {
        await undo()
        await page.getByText('Offline, 1 waiting').waitFor()
        await expect.poll(() => look(page)).toEqual(seen)
      } finally {
        await device.context.setOffline(false)
      }
      await expect.poll(onServer).toEqual(before)
    })
  })

  test('nothing was refused by the policy, and no error was left in the console', () => {
    expect(device.complaints).toEqual([])
  })
})

const nextYear = { dueDate: `${new Date().getFullYear() + 1}-03-04` }

/** What the list of open tasks shows, from whatever screen it was left for. */
async function look(page: Page): Promise<string[]> {
  await page.getByRole('link', { name: 'Tasks', exact: true }).click()
  const rows = page.locator('.lines .task:not(.is-done)')
  return (await rows.allInnerTexts()).toSorted()
}

async function edit(page: Page, change: () => Promise<void> | void, { isSaved = true } = {}): Promise<void> {
  await row(page, 'dated').getByText('dated', { exact: true }).click()
  await page.getByLabel('Title').waitFor()
  await change()
  if (isSaved) await page.getByRole('button', { name: 'Save' }).click()
}

async function press(page: Page, key: string): Promise<void> {
  await row(page, 'dated').focus()
  await page.keyboard.press(key)
}

async function many(page: Page, perform: () => Promise<void>): Promise<void> {
  for (const title of ['dated', 'plain']) await row(page, title).getByLabel(`Select: ${title}`).click()
  await page.getByText('2 selected').waitFor()
  await perform()
}

async function choose(page: Page, menu: string, item: string): Promise<void> {
  await page.getByRole('button', { name: menu }).click()
  await page.getByRole('menuitem', { name: item }).click()
}
