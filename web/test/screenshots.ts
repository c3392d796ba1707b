import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NewTask } from '@taskwell/api'
import { createClient } from '@taskwell/api'
import { cleanUp, newFolder, startServer } from '../../server/test/run-program.ts'
import { closeBrowser, openDevice } from './browser.ts'

/** Draws the screens into docs/screenshots: `npm run screenshots`. */
const folder = join(import.meta.dirname, '../../docs/screenshots')
const looks = [
  { name: 'wide-light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'wide-dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'phone-light', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

mkdirSync(folder, { recursive: true })
const server = await startServer({ DATA_DIR: newFolder(), LIMITS: 'off' })
const account = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery' }
const { headers } = await createClient({ baseUrl: server.url }).register({ body: account })
const token = headers.get('set-auth-token') ?? ''
const client = createClient({ baseUrl: server.url, token: () => token })
for (const task of tasks()) await client.createTask({ body: task })

for (const { name, ...look } of looks) {
  const { page, close } = await openDevice(server.url, { ...look, reducedMotion: 'reduce' })
  const shoot = (screen: string) => page.screenshot({ path: join(folder, `${screen}-${name}.png`) })
  await page.goto('/')
  await page.getByLabel('E-mail').fill(account.email)
  await shoot('sign-in')
  await page.getByLabel('Password').fill(account.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByLabel('Add a task').fill('send the invoice tomorrow 9:00 !high')
  await page.getByRole('list', { name: 'Understood' }).waitFor()
  await shoot('tasks')
  await page.getByLabel('Add a task').fill('')
  await page.getByRole('listitem', { name: 'Book the train to Lyon' }).getByText('Book the train').click()
  await page.getByLabel('Title').waitFor()
  await page.waitForTimeout(300)
  await shoot('open-task')
  await page.keyboard.press('Escape')
  await page.getByLabel('Select: Call the dentist').click()
  await page.getByLabel('Select: Water the plants').click()
  await page.getByText('2 selected').waitFor()
  await shoot('selection')
  await page.goto('/dashboard')
  await page.locator('.recharts-bar-rectangle').first().waitFor({ state: 'attached' })
  await page.waitForTimeout(500)
  await shoot('dashboard')
  await page.goto('/settings')
  await page.getByText('this one').waitFor()
  await shoot('settings')
  await close()
}
await closeBrowser()
await cleanUp()

function tasks(): NewTask[] {
  const day = (distance: number) => new Date(Date.now() + distance * 86_400_000).toISOString().slice(0, 10)
  return [
    { title: 'Renew the passport', priority: 'high', dueDate: day(-2) },
    { title: 'Call the dentist', dueDate: day(0), dueTime: '23:30' },
    { title: 'Water the plants', dueDate: day(0), priority: 'low' },
    {
      title: 'Book the train to Lyon',
      description: 'Window seat, two bags.\nTimetable: https://www.sncf-connect.com',
      dueDate: day(2),
      priority: 'high',
    },
    { title: 'Prepare the talk for the meetup', dueDate: day(4), dueTime: '18:00' },
    { title: 'شراء هدية لسارة', dueDate: day(5) },
    { title: 'Plan the summer holiday', dueDate: day(40) },
    { title: 'Read “A Pattern Language”' },
    { title: 'Sort the photos of last year', priority: 'low' },
    ...['Pay the rent', 'Mend the bicycle', 'Write to grandmother'].map((title) => ({ title, completed: true })),
  ]
}
