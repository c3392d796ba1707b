import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import type { AxeResults } from 'axe-core'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TestApp } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { addTask, register, startSite } from './steps.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const widths = [360, 1440]

describe.runIf(hasChromium).each(['light', 'dark'] as const)('in %s colours', { timeout: 300_000 }, (colorScheme) => {
  let app: TestApp
  let device: Device
  beforeAll(async () => {
    app = await startSite()
    // The policy of the page would not let the checker in.
    device = await openDevice(app.baseUrl, { colorScheme, bypassCSP: true, reducedMotion: 'reduce' })
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })

  test('every screen can be used by everybody, and none is wider than the window', async () => {
    const { page } = device
    const faults: string[] = []
    const judge = async (screen: string) => {
      if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe)
      for (const width of widths) {
        await page.setViewportSize({ width, height: 800 })
        const look = `${screen} at ${width}`
        const results = await page.evaluate(async () => {
          const checker: unknown = Reflect.get(globalThis, 'axe')
          return (checker as { run(): Promise<AxeResults> }).run()
        })
        for (const { id, nodes } of results.violations) {
          faults.push(
            ...nodes.map(({ html, failureSummary }) => `${look}: ${id} ${html.slice(0, 160)} ${failureSummary}`),
          )
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
        if (wide > 0) faults.push(`${look}: ${wide} pixels too wide`)
      }
    }
    for (const path of ['/sign-in', '/register', '/forgot-password']) {
      await page.goto(path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await judge(path)
    }
    await register(page)
    await page.getByText('Nothing to do').waitFor()
    await judge('no tasks')
    await expectInstantChange(page)
    for (const line of ['pay rent yesterday !high', 'read today !low', 'dream', 'deleted']) await addTask(page, line)
    await page.getByRole('listitem', { name: 'dream', exact: true }).getByLabel('Done: dream').click()
    await page.getByRole('button', { name: 'Done 1' }).click()
    await page.getByLabel('Add a task').fill('call tomorrow 9:00 !high')
    await page.getByRole('list', { name: 'Understood' }).waitFor()
    await judge('/tasks')
    await page.getByLabel('Add a task').fill('')
    await page.getByLabel('Select: read').click()
    await page.getByRole('button', { name: 'Move to' }).click()
    await page.getByRole('menuitem', { name: 'Tomorrow' }).waitFor()
    await judge('selection')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Clear the selection' }).click()
    await expectButtonsAbove(page, 'read')
    await page.getByRole('listitem', { name: 'read', exact: true }).getByText('read').click()
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByText('Created').waitFor()
    await judge('open task')
    await page.keyboard.press('Escape')
    await page.getByRole('listitem', { name: 'deleted', exact: true }).focus()
    await page.keyboard.press('Delete')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    await judge('keys')
    await page.keyboard.press('Escape')
    await page.goto('/bin')
    await page.getByRole('button', { name: 'Restore deleted' }).waitFor()
    await judge('/bin')
    await page.goto('/dashboard')
    await page.getByText('As a table').click()
    await page.locator('.bars-completed').waitFor({ state: 'attached' })
    await judge('/dashboard')
    await page.goto('/settings')
    await page.getByText('this one').waitFor()
    await judge('/settings')
    expect(faults).toEqual([])
    expect(device.complaints).toEqual([])
  })
})

/** On a small phone the buttons of a task that is opened are not under the bar of the screens, without scrolling. */
async function expectButtonsAbove(page: Page, title: string): Promise<void> {
  const before = page.viewportSize()
  await page.setViewportSize({ width: 375, height: 600 })
  await page.getByRole('listitem', { name: title, exact: true }).getByText(title).click()
  const end = async (element: Locator) => {
    const box = await element.boundingBox()
    return (box?.y ?? 0) + (box?.height ?? 0)
  }
  const bar = await page.getByRole('navigation', { name: 'Screens' }).boundingBox()
  for (const name of ['Save', 'Delete'])
    await expect.poll(() => end(page.getByRole('button', { name, exact: true }))).toBeLessThanOrEqual(bar?.y ?? 0)
  await page.keyboard.press('Escape')
  if (before) await page.setViewportSize(before)
}

/** Where less motion is wanted nothing fades: a look is the last one in the very moment of the change. */
async function expectInstantChange(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Add', exact: true })
  const [off, on, later] = await button.evaluate(async (element) => {
    const look = (isOff: boolean) => {
      element.setAttribute('aria-disabled', String(isOff))
      return getComputedStyle(element).backgroundColor
    }
    const looks = [look(true), look(false)]
    await new Promise((resolve) => setTimeout(resolve, 300))
    return [...looks, getComputedStyle(element).backgroundColor]
  })
  expect(on).toBe(later)
  expect(on).not.toBe(off)
}
