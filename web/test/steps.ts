import { randomBytes } from 'node:crypto'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { databases } from '../../server/test/databases.ts'
import { password, startApp, type TestApp, type TestUser } from '../../server/test/start-app.ts'

export { password } from '../../server/test/start-app.ts'

/** A real server on a fresh embedded database. */
export function startSite(settings: Record<string, string> = {}): Promise<TestApp> {
  const [database] = databases.filter(({ kind }) => kind === 'sqlite')
  if (!database) throw new Error('There is no embedded database')
  return startApp(database, { LIMITS: 'off', ...settings })
}

export function newEmail(): string {
  return `${randomBytes(6).toString('hex')}@example.com`
}

/** Makes an account by the form; ends on the list of tasks. */
export async function register(page: Page, email = newEmail()): Promise<string> {
  await page.goto('/register')
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Make the account' }).click()
  await page.getByText('Live', { exact: true }).waitFor()
  return email
}

export async function signIn(page: Page, user: Pick<TestUser, 'email'>): Promise<void> {
  await page.goto('/')
  await page.getByLabel('E-mail').fill(user.email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('Live', { exact: true }).waitFor()
}

export async function addTask(page: Page, line: string): Promise<void> {
  await page.getByLabel('Add a task').fill(line)
  await page.keyboard.press('Enter')
}

/** The row of the task with that title. */
export function row(page: Page, title: string): Locator {
  return page.getByRole('listitem', { name: title, exact: true })
}

/** The titles of the rows and the names of the groups, from top to bottom. */
export async function lines(page: Page): Promise<string[]> {
  const texts = await page.locator('.lines > li').evaluateAll((items) =>
    items.map((item) => ({
      at: item.getBoundingClientRect().top,
      text: (item.getAttribute('aria-label') ?? item.textContent ?? '').trim(),
    })),
  )
  return texts.toSorted((a, b) => a.at - b.at).map(({ text }) => text)
}

export async function expectLines(page: Page, expected: readonly string[]): Promise<void> {
  await expect.poll(() => lines(page)).toEqual(expected)
}

export async function expectShown(locator: Locator): Promise<void> {
  await locator.waitFor()
  expect(await locator.count()).toBe(1)
}

export async function serverTitles(user: TestUser): Promise<string[]> {
  const { body } = await user.client.listTasks({ query: { limit: 200, sort: 'title' } })
  return body.items.map(({ title }) => title)
}
