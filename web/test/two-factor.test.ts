import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeOf, readBase32 } from '../../server/test/second-factor.ts'
import type { TestApp } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { password, register, startSite } from './steps.ts'

describe.runIf(hasChromium)('two-factor sign-in in the browser', { timeout: 300_000 }, () => {
  let app: TestApp
  let device: Device
  beforeAll(async () => {
    app = await startSite()
    device = await openDevice(app.baseUrl)
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })

  test('is set up with a picture for cameras, asked for at the sign-in, and switched off', async () => {
    const { page } = device
    const email = await register(page)
    await page.goto('/settings')
    const section = page.getByRole('region', { name: 'Two-factor sign-in' })
    await section.getByLabel('Your password').fill('not the password')
    await section.getByRole('button', { name: 'Set it up' }).click()
    await section.getByText('The password is wrong').waitFor()
    await section.getByLabel('Your password').fill(password)
    await section.getByRole('button', { name: 'Set it up' }).click()
    await section.getByRole('img', { name: 'Code for your authenticator app' }).waitFor()
    const secret = readBase32((await section.locator('.secret').textContent()) ?? '')
    const [backupCode = ''] = await section.locator('.backup-codes li').allTextContents()
    expect(backupCode).not.toBe('')

    await section.getByLabel('Code that the app shows now').fill(wrongCode(secret))
    await section.getByRole('button', { name: 'Switch it on' }).click()
    await section.getByText('That is not the code shown now').waitFor()
    await section.getByLabel('Code that the app shows now').fill(codeOf(secret))
    await section.getByRole('button', { name: 'Switch it on' }).click()
    await section.getByText('It is on').waitFor()

    await signOut(page)
    await enterPassword(page, email)
    await page.getByLabel('Code').fill(wrongCode(secret))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('the code is wrong').waitFor()
    // A code works once, so the next one is taken.
    await page.getByLabel('Code').fill(codeOf(secret, 1))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Live', { exact: true }).waitFor()

    await signOut(page)
    await enterPassword(page, email)
    await page.getByLabel('Code').fill(backupCode)
    await page.keyboard.press('Enter')
    await page.getByText('Live', { exact: true }).waitFor()

    await page.goto('/settings')
    await section.getByLabel('Your password').fill(password)
    await section.getByRole('button', { name: 'Switch it off' }).click()
    await section.getByText('It is off').waitFor()
    await signOut(page)
    await enterPassword(page, email)
    await page.getByText('Live', { exact: true }).waitFor()
    expect(device.complaints).toEqual([])
  })
})

async function signOut(page: Page): Promise<void> {
  await page.goto('/settings')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
}

async function enterPassword(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

function wrongCode(secret: string): string {
  const right = new Set([-2, -1, 0, 1, 2].map((offset) => codeOf(secret, offset)))
  return ['000000', '000001', '000002', '000003', '000004', '000005'].find((code) => !right.has(code)) ?? ''
}
