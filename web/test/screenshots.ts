import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, type NewTask } from '@taskwell/api'
import { databases } from '../../server/test/databases.ts'
import { password, startApp } from '../../server/test/start-app.ts'
import { closeBrowser, openDevice } from './browser.ts'

/** Draws the screens into docs/screenshots: `npm run screenshots`. */
const folder = join(import.meta.dirname, '../../docs/screenshots')
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 } as const
const looks = [
  { name: 'wide-light', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { name: 'wide-dark', colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { name: 'phone-light', colorScheme: 'light', ...phone },
  { name: 'phone-dark', colorScheme: 'dark', ...phone },
] as const

mkdirSync(folder, { recursive: true })
// Outside a run of tests there is no prepared store: it is made at the start.
const app = await startApp({ prepare: databases[0].create })
const account = { name: 'Ada', email: 'ada@example.org', password }
const { headers } = await createClient({ baseUrl: app.baseUrl }).register({ body: account })
const token = headers.get('set-auth-token') ?? ''
const client = createClient({ baseUrl: app.baseUrl, token: () => token })
await liveThroughAMonth()
for (const body of presentTasks()) await client.createTask({ body })

for (const { name, ...look } of looks) {
  const { page, close } = await openDevice(app.baseUrl, { ...look, reducedMotion: 'reduce' })
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
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('.bars-completed').waitFor()
  await page.waitForTimeout(500)
  await shoot('dashboard')
  await page.goto('/settings')
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByText('this one').waitFor()
  await shoot('settings')
  await close()
}
await closeBrowser()
await app.stop()

/** So that the dashboard has something to tell. */
async function liveThroughAMonth(): Promise<void> {
  const titles = ['Pay the rent', 'Mend the bicycle', 'Write to grandmother', 'Buy bread', 'Answer the mails', 'Run']
  for (let ago = 29; ago > 0; ago--) {
    const day = Date.now() - ago * 86_400_000
    const count = [2, 3, 1, 4, 2, 0, 1][ago % 7] ?? 0
    for (let turn = 0; turn < count; turn++) {
      app.setNow(new Date(day + turn * 3_600_000))
      const title = titles[(ago + turn) % titles.length] ?? ''
      const dueDate = new Date(day + 86_400_000).toISOString().slice(0, 10)
      const { body } = await client.createTask({ body: { title, dueDate } })
      app.setNow(new Date(day + (turn + 2) * (ago % 5 === 0 ? 14 : 3) * 3_600_000))
      await client.updateTask({ params: { id: body.id }, body: { completed: true } })
    }
  }
  app.setNow(undefined)
}

function presentTasks(): NewTask[] {
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
  ]
}
