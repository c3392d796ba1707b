import type { Dialog, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TestApp, TestUser } from '../../server/test/start-app.ts'
import { closeBrowser, type Device, hasChromium, openDevice } from './browser.ts'
import { addTask, expectLines, expectShown, row, serverTitles, signIn, startSite } from './steps.ts'

describe.runIf(hasChromium)('tasks in the browser', { timeout: 300_000 }, () => {
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
  })
  afterAll(async () => {
    await closeBrowser()
    await app.stop()
  })
  beforeEach(async () => {
    // What the test before did has been sent.
    await page.getByText('Live', { exact: true }).waitFor()
    const { body } = await user.client.listTasks({ query: { limit: 100 } })
    const operations = body.items.map(({ id }) => ({ op: 'delete' as const, id }))
    if (operations.length > 0) await user.client.batchTasks({ body: { operations } })
    await user.client.emptyBin()
    await page.getByRole('link', { name: 'Taskwell' }).click()
    await page.getByText('Nothing to do').waitFor()
  })

  function seed(...tasks: Parameters<TestUser['client']['createTask']>[0]['body'][]): Promise<unknown> {
    return Promise.all(tasks.map((body) => user.client.createTask({ body })))
  }

  test('one line makes a task, after its chips have shown what was understood', async () => {
    const input = page.getByLabel('Add a task')
    await input.fill('pay rent tomorrow 9:00 !high')
    const chips = page.getByRole('list', { name: 'Understood' }).getByRole('listitem')
    await expect.poll(() => chips.allTextContents()).toEqual(['Tomorrow, 9:00 AM✕', 'High priority✕'])
    await page.getByRole('button', { name: 'Keep “!high” in the title' }).click()
    await expect.poll(() => chips.count()).toBe(1)
    await page.keyboard.press('Enter')
    await row(page, 'pay rent !high').getByText('Tomorrow, 9:00 AM').waitFor()
    expect(await input.inputValue()).toBe('')
    await expect.poll(() => serverTitles(user)).toEqual(['pay rent !high'])
    const { body } = await user.client.listTasks()
    expect(body.items[0]).toMatchObject({ priority: 'medium', dueTime: '09:00', dueTimeZone: null })
  })

  test('tasks are grouped by when they are due', async () => {
    for (const line of ['call yesterday', 'read today', 'write in 3 days', 'fly in 3 weeks', 'dream'])
      await addTask(page, line)
    const groups = [
      'Overdue 1',
      'call',
      'Today 1',
      'read',
      'Next 7 days 1',
      'write',
      'Later 1',
      'fly',
      'No date 1',
      'dream',
    ]
    await expectLines(page, groups)
    await row(page, 'read').getByLabel('Done: read').click()
    await page.getByRole('button', { name: 'Done 1' }).click()
    await expectLines(page, [...groups.filter((line) => !['Today 1', 'read'].includes(line)), 'Done 1', 'read'])
    await page.getByRole('button', { name: 'Done 1' }).click()
  })

  test('a task is edited in its place, only what was changed is sent, and its history tells it', async () => {
    await seed({ title: 'Call Ada' })
    await row(page, 'Call Ada').getByText('Call Ada').click()
    await page.getByLabel('Title').fill('Call Grace')
    await page.getByLabel('Notes').fill('Two lines\nwith https://example.org/path')
    await page.getByRole('radio', { name: 'High' }).check()
    await page.getByLabel('Day').fill('2031-02-03')
    await page.getByLabel('Time', { exact: true }).fill('14:30')
    await page.getByLabel('Time zone').selectOption('Asia/Tokyo')
    await page.getByRole('button', { name: 'Save' }).click()
    await row(page, 'Call Grace').getByText('Feb 3, 2031, 5:30 AM').waitFor()
    await expect
      .poll(async () => (await user.client.listTasks()).body.items[0])
      .toMatchObject({
        title: 'Call Grace',
        description: 'Two lines\nwith https://example.org/path',
        priority: 'high',
        dueDate: '2031-02-03',
        dueTime: '14:30',
        dueTimeZone: 'Asia/Tokyo',
      })
    await row(page, 'Call Grace').getByText('Call Grace').click()
    const link = page.getByRole('link', { name: 'https://example.org/path' })
    expect(await link.getAttribute('href')).toBe('https://example.org/path')
    expect(await link.getAttribute('rel')).toContain('noopener')
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByText('title: Call Ada → Call Grace').waitFor()
    await page.getByLabel('Title').fill('never saved')
    await page.keyboard.press('Escape')
    await row(page, 'Call Grace').waitFor()
  })

  test('the history keeps a long text that was written over, as a whole', async () => {
    const description = `${'many careful words '.repeat(20)}and the last one`
    const { body } = await user.client.createTask({ body: { title: 'Speech', description } })
    await user.client.updateTask({ params: { id: body.id }, body: { description: 'nothing' } })
    await row(page, 'Speech').getByText('Speech').click()
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByText('many careful words').first().click()
    await expectShown(page.getByText('and the last one'))
    await page.keyboard.press('Escape')
  })

  test('titles in any script begin at the same edge, and read in their own direction', async () => {
    await seed({ title: 'buy a present' }, { title: 'شراء هدية 2' })
    const look = async (title: string) =>
      row(page, title)
        .getByText(title)
        .evaluate((element) => {
          const range = document.createRange()
          range.selectNodeContents(element)
          return { edge: range.getBoundingClientRect().left, direction: getComputedStyle(element).direction }
        })
    const [english, arabic] = [await look('buy a present'), await look('شراء هدية 2')]
    expect(Math.abs(english.edge - arabic.edge)).toBeLessThan(2)
    expect([english.direction, arabic.direction]).toEqual(['ltr', 'rtl'])
  })

  test('an opened task is not hidden by what stays at the edges of the window', async () => {
    await seed(...Array.from({ length: 40 }, (_, number) => ({ title: `task ${number + 10}` })))
    await row(page, 'task 10').waitFor()
    await page.mouse.move(700, 500)
    await page.mouse.wheel(0, 400)
    await expect.poll(() => page.evaluate(() => scrollY)).toBeGreaterThan(300)
    const top = () => page.evaluate(() => document.querySelector('.top')?.getBoundingClientRect().bottom ?? 0)
    // The last row that the bar at the top covers in part.
    const edge = await top()
    const titles = await page
      .locator('.lines > li')
      .evaluateAll(
        (rows, edge) => rows.filter((row) => row.getBoundingClientRect().top < edge).map((row) => row.ariaLabel ?? ''),
        edge,
      )
    await row(page, titles.at(-1) ?? '').focus()
    await page.keyboard.press('Enter')
    const title = page.getByLabel('Title')
    await title.waitFor()
    await expect
      .poll(() => title.evaluate((field) => field.getBoundingClientRect().top))
      .toBeGreaterThanOrEqual(await top())
    await page.keyboard.press('Escape')
  })

  test('a task that is opened at the bottom of the window can be seen as a whole', async () => {
    await seed(...Array.from({ length: 40 }, (_, number) => ({ title: `task ${number + 10}` })))
    await row(page, 'task 10').waitFor()
    const titles = await page
      .locator('.lines > li')
      .evaluateAll((rows) =>
        rows.filter((row) => row.getBoundingClientRect().bottom < innerHeight).map((row) => row.ariaLabel ?? ''),
      )
    await row(page, titles.at(-1) ?? '')
      .getByRole('button')
      .click()
    const save = page.getByRole('button', { name: 'Save' })
    await expect.poll(() => save.evaluate((button) => button.getBoundingClientRect().bottom < innerHeight)).toBe(true)
    await page.keyboard.press('Escape')
  })

  test('what is typed into a task is kept when another one is opened', async () => {
    await seed({ title: 'One' }, { title: 'Two' })
    await row(page, 'One').getByText('One').click()
    await page.getByLabel('Title').fill('One, changed')
    await row(page, 'Two').getByText('Two').click()
    await expectShown(row(page, 'One, changed'))
    await page.keyboard.press('Escape')
  })

  test('the browser asks before a reload loses what was typed, and only then', async () => {
    await seed({ title: 'Speech' })
    await row(page, 'Speech').waitFor()
    const asked: string[] = []
    const answer = (dialog: Dialog) => {
      asked.push(dialog.type())
      void dialog.accept()
    }
    page.on('dialog', answer)
    const questionsOfReload = async () => {
      asked.length = 0
      await page.reload()
      await row(page, 'Speech').waitFor()
      return asked
    }
    await row(page, 'Speech').getByText('Speech').click()
    await page.getByLabel('Title').press('End')
    expect(await questionsOfReload()).toEqual([])
    await row(page, 'Speech').getByText('Speech').click()
    await page.getByLabel('Notes').fill('many careful words')
    expect(await questionsOfReload()).toEqual(['beforeunload'])
    await row(page, 'Speech').getByText('Speech').click()
    await page.getByLabel('Notes').fill('saved')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Live', { exact: true }).waitFor()
    expect(await questionsOfReload()).toEqual([])
    await page.getByLabel('Add a task').fill('begun')
    expect(await questionsOfReload()).toEqual(['beforeunload'])
    expect(await questionsOfReload()).toEqual([])
    page.off('dialog', answer)
  })

  test('a text that is too long is not sent, and the form says so', async () => {
    const input = page.getByLabel('Add a task')
    const error = page.getByText('A title can have 500 characters; 1 too many.')
    await input.fill(`${'🦉'.repeat(501)} tomorrow`)
    await error.waitFor()
    await input.press('Enter')
    expect(await page.getByText('Nothing to do').count()).toBe(1)
    expect(Array.from(await input.inputValue())).toHaveLength(510)
    await input.fill(`${'🦉'.repeat(500)} tomorrow`)
    await error.waitFor({ state: 'detached' })
    await input.press('Enter')
    await expect.poll(() => serverTitles(user)).toEqual(['🦉'.repeat(500)])

    await page.locator('.lines').getByText('🦉').click()
    await page.getByLabel('Title').fill('a'.repeat(501))
    await page.getByRole('button', { name: 'Save' }).click()
    await expectShown(error)
    await page.getByLabel('Title').fill('short')
    await page.getByLabel('Notes').fill('a'.repeat(20_001))
    await page.getByRole('button', { name: 'Save' }).click()
    await expectShown(page.getByText('The notes can have 20,000 characters; 1 too many.'))
    await page.getByLabel('Notes').fill('a'.repeat(20_000))
    await page.getByRole('button', { name: 'Save' }).click()
    await expectShown(row(page, 'short'))
    await expect.poll(() => serverTitles(user)).toEqual(['short'])
  })

  test('search finds as one types, in any case and accent, and is kept in the address', async () => {
    await seed({ title: 'Crème brûlée' }, { title: 'Bread', description: 'STRASSE' }, { title: 'Water' })
    await row(page, 'Water').waitFor()
    const search = page.getByLabel('Search tasks')
    await search.fill('BRULEE')
    await expectLines(page, ['No date 1', 'Crème brûlée'])
    await search.fill('straße')
    await expectLines(page, ['No date 1', 'Bread'])
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('straße')
    await page.reload()
    await expectLines(page, ['No date 1', 'Bread'])
    await search.fill('nothing like this')
    await page.getByText('No task matches').waitFor()
    await page.getByRole('link', { name: 'see all tasks' }).click()
    await page.getByRole('button', { name: 'No date 3' }).waitFor()
    expect(await search.inputValue()).toBe('')
  })

  test('filters and order are kept in the address, and going back takes them back', async () => {
    await seed({ title: 'b', priority: 'high' }, { title: 'a', priority: 'high' }, { title: 'c', priority: 'low' })
    await row(page, 'c').waitFor()
    await page.getByLabel('Priority', { exact: true }).selectOption('High')
    await page.getByLabel('Order').selectOption('Title')
    await expectLines(page, ['a', 'b'])
    expect(new URL(page.url()).search).toBe('?priority=high&sort=title')
    await page.reload()
    await expectLines(page, ['a', 'b'])
    await page.goBack()
    await page.goBack()
    await expect.poll(() => new URL(page.url()).search).toBe('')
    await row(page, 'c').waitFor()
  })

  test('many are selected and completed, moved, prioritised and deleted, and one undo takes it back', async () => {
    await seed({ title: 'a' }, { title: 'b' }, { title: 'c' })
    await row(page, 'a').getByLabel('Select: a').click()
    await row(page, 'c').getByLabel('Select: c').click()
    await page.getByText('2 selected').waitFor()
    await page.getByRole('button', { name: 'Move to' }).click()
    await page.getByRole('menuitem', { name: 'Tomorrow' }).click()
    await expect.poll(() => row(page, 'a').getByText('Tomorrow').count()).toBe(1)
    await expect.poll(() => row(page, 'b').getByText('Tomorrow').count()).toBe(0)

    await row(page, 'a').getByLabel('Select: a').click()
    await page.getByRole('button', { name: 'All 3' }).click()
    await page.getByRole('button', { name: 'Priority' }).click()
    await page.getByRole('menuitem', { name: 'Low' }).click()
    await expect.poll(() => page.locator('.mark-low').count()).toBe(3)

    await row(page, 'a').getByLabel('Select: a').click()
    await page.getByRole('button', { name: 'All 3' }).click()
    await page.getByRole('region', { name: 'Selected tasks' }).getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Nothing to do').waitFor()
    await expect.poll(() => serverTitles(user)).toEqual([])
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => serverTitles(user)).toEqual(['a', 'b', 'c'])
    await row(page, 'b').waitFor()
  })

  test('undo stays in the window of a phone, however long the title', async () => {
    await page.setViewportSize({ width: 360, height: 740 })
    await addTask(page, 'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung '.repeat(3))
    const button = page.getByRole('button', { name: 'Undo' })
    expect(await button.evaluate((element) => element.getBoundingClientRect().right)).toBeLessThanOrEqual(360)
    await button.click()
    // What is still on its way would be deleted twice before the next test.
    await page.getByText('Live', { exact: true }).waitFor()
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  test('undo and redo by the toast and by key, in the order of the actions', async () => {
    await addTask(page, 'first')
    await addTask(page, 'second')
    await row(page, 'second').getByLabel('Done: second').click()
    await page.getByRole('button', { name: 'Done 1' }).waitFor()
    await page.getByRole('button', { name: 'Undo' }).click()
    await row(page, 'second').waitFor()
    await page.getByRole('button', { name: 'Redo' }).click()
    await page.getByRole('button', { name: 'Done 1' }).waitFor()
    await page.locator('body').press('Control+z')
    await row(page, 'second').waitFor()
    await expect.poll(async () => (await user.client.listTasks({ query: { completed: true } })).body.items).toEqual([])
  })

  test('a deleted task waits in the bin, comes back, or is erased for good', async () => {
    await seed({ title: 'keep' }, { title: 'burn' })
    for (const title of ['keep', 'burn']) {
      await row(page, title).focus()
      await page.keyboard.press('Delete')
    }
    await page.getByText('Nothing to do').waitFor()
    await page.getByRole('link', { name: 'Bin' }).click()
    await page.getByRole('button', { name: 'Restore keep' }).click()
    await page.getByRole('button', { name: 'Erase burn' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Erase' }).click()
    await page.getByText('The bin is empty').waitFor()
    await expect.poll(() => serverTitles(user)).toEqual(['keep'])
    await expect.poll(async () => (await user.client.listTasks({ query: { deleted: true } })).body.items).toEqual([])
  })

  test('everything goes by the keyboard', async () => {
    await seed({ title: 'a' }, { title: 'b' }, { title: 'c' })
    await row(page, 'c').waitFor()
    const key = (name: string) => page.keyboard.press(name)
    await page.locator('body').press('n')
    await page.keyboard.type('d today !high')
    await key('Enter')
    await row(page, 'd').waitFor()
    await key('Escape')
    await row(page, 'd').focus()
    await key('Space')
    await page.getByRole('button', { name: 'Done 1' }).waitFor()
    await key('u')
    await row(page, 'd').waitFor()
    await row(page, 'a').focus()
    await key('j')
    await key('x')
    await key('ArrowDown')
    await key('x')
    await page.getByText('2 selected').waitFor()
    await key('1')
    await expect.poll(() => page.locator('.mark-high').count()).toBe(3)
    await key('Escape')
    await row(page, 'a').focus()
    await key('Enter')
    await page.getByLabel('Title').waitFor()
    await page.keyboard.type(' more')
    await key('Enter')
    await row(page, 'a more').waitFor()
    await expect.poll(() => row(page, 'a more').evaluate((item) => item === document.activeElement)).toBe(true)
    await key('t')
    await row(page, 'a more').getByText('Today').waitFor()
    await key('/')
    await page.keyboard.type('d')
    await expect.poll(() => page.getByLabel('Search tasks').inputValue()).toBe('d')
    await key('Escape')
    await key('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await key('Escape')
    await key('g')
    await key('d')
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor()
    await key('g')
    await key('t')
    await row(page, 'a more').waitFor()
  })

  test('the figures of the dashboard open the tasks they count', async () => {
    await seed({ title: 'late', dueDate: '2020-01-01' }, { title: 'done', completed: true }, { title: 'open' })
    await row(page, 'open').waitFor()
    await page.getByRole('link', { name: 'Dashboard' }).click()
    await page.getByText('As a table').waitFor()
    await page.getByRole('link', { name: '1 Overdue' }).click()
    await expectLines(page, ['Overdue 1', 'late'])
    await page.getByRole('link', { name: 'Dashboard' }).click()
    await page.getByRole('link', { name: '1 Done' }).click()
    await expectLines(page, ['Done 1', 'done'])
  })

  test('nothing was refused by the policy, and no error was left in the console', () => {
    expect(device.complaints).toEqual([])
  })
})
