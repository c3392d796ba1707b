import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApp } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { newEmail, password, row, startSite } from './steps.ts'

/** More presses than any screen has places to stop at. */
const patience = 120

describe.runIf(hasChromium)('without a mouse', { timeout: 300_000 }, () => {
  let app: TestApp
  let device: Device
  let page: Page
  beforeAll(async () => {
    app = await startSite()
    device = await openDevice(app.baseUrl)
    page = device.page
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })

  /** Presses Tab until the focus is there, as somebody does who has nothing else. */
  async function tabTo(target: Locator, key = 'Tab'): Promise<void> {
    await target.waitFor()
    // Found once: a list that opens on the way hides the roles of everything else.
    const element = await target.elementHandle()
    for (let press = 0; press < patience; press++) {
      if (await element?.evaluate((found) => found === document.activeElement)) return
      await page.keyboard.press(key)
    }
    throw new Error(`${String(target)} cannot be reached with ${key}`)
  }
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const link = (name: string) => page.getByRole('link', { name, exact: true })

  test('one registers, adds, edits, deletes, restores, looks at the figures, makes a token and signs out', async () => {
    await page.goto('/')
    await tabTo(link('Make an account'))
    await page.keyboard.press('Enter')
    await tabTo(page.getByLabel('Name'))
    await page.keyboard.type('Ada')
    await tabTo(page.getByLabel('E-mail'))
    const email = newEmail()
    await page.keyboard.type(email)
    await tabTo(page.getByLabel('Password'))
    await page.keyboard.type(password)
    await page.keyboard.press('Enter')
    await page.getByText('Live', { exact: true }).waitFor()

    await tabTo(page.getByLabel('Add a task'))
    for (const line of ['first', 'second']) {
      await page.keyboard.type(line)
      await page.keyboard.press('Enter')
      await row(page, line).waitFor()
    }

    await tabTo(row(page, 'first'))
    await page.keyboard.press('Enter')
    await tabTo(page.getByLabel('Notes'))
    await page.keyboard.type('by hand')
    await tabTo(page.getByRole('radio', { name: 'Medium' }))
    await page.keyboard.press('ArrowLeft')
    await tabTo(button('Tomorrow'))
    await page.keyboard.press('Space')
    await tabTo(button('History'))
    await page.keyboard.press('Enter')
    await page.getByText('Created').waitFor()
    await tabTo(button('Save'), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await row(page, 'first').getByText('Tomorrow').waitFor()
    await row(page, 'first').getByText('High', { exact: true }).waitFor()
    await row(page, 'first').getByText('by hand').waitFor()

    await tabTo(page.getByLabel('Priority', { exact: true }), 'Shift+Tab')
    await page.keyboard.press('H')
    await expect.poll(() => new URL(page.url()).search).toBe('?priority=high')
    await tabTo(button('Clear'))
    await page.keyboard.press('Enter')
    await row(page, 'second').waitFor()
    expect(await page.getByLabel('Due').evaluate((select) => select === document.activeElement)).toBe(true)

    await tabTo(row(page, 'first'))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => row(page, 'second').evaluate((item) => item === document.activeElement)).toBe(true)
    await page.keyboard.press('x')
    await tabTo(button('Delete'))
    await page.keyboard.press('Enter')
    await row(page, 'second').waitFor({ state: 'detached' })
    await expect.poll(() => row(page, 'first').evaluate((item) => item === document.activeElement)).toBe(true)
    await tabTo(link('Bin'), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await tabTo(button('Restore second'))
    await page.keyboard.press('Enter')
    await page.getByText('The bin is empty').waitFor()

    await tabTo(link('Dashboard'), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await tabTo(page.getByText('As a table'))
    await page.keyboard.press('Enter')
    await page.getByRole('columnheader', { name: 'Created' }).waitFor()

    await tabTo(link('Settings'), 'Shift+Tab')
    await page.keyboard.press('Enter')
    const tokens = page.getByRole('region', { name: 'API tokens' })
    await tabTo(tokens.getByLabel('Name'))
    await page.keyboard.type('Backup')
    await page.keyboard.press('Enter')
    await tokens.getByText('It is shown only now').waitFor()
    await tabTo(page.getByRole('combobox', { name: 'Time zone' }), 'Shift+Tab')
    await page.keyboard.press('Control+a')
    await page.keyboard.type('Kiritimati')
    await page.getByRole('option', { name: 'Pacific/Kiritimati' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await tabTo(button('Save'))
    await page.keyboard.press('Enter')
    await page.getByText('Your profile is saved').waitFor()
    await tabTo(button('Sign out'), 'Shift+Tab')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(device.complaints).toEqual([])
  })
})
