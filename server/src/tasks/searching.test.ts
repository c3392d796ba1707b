import fc from 'fast-check'
import naughtyStrings from 'big-list-of-naughty-strings' with { type: 'json' }
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases, type TestDatabase } from '../../test/databases.ts'
import { foldText, isLegalText, searchWords } from '../text/index.ts'
import { updateTask } from './index.ts'
import { pageRequest } from './list-tasks.ts'
import { selectPage } from './page-query.ts'
import { add, addAll, createUser, list, listAll, titles } from './testing.ts'

describe.each(databases)('searching on %s', (database) => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await database.open()
  })
  afterAll(() => store.close())

  test('finds every word anywhere in title or description, in any script, folded', async () => {
    const user = await createUser(store.db)
    await add(user, { title: 'Große STRASSE', description: 'Café déjà-vu 100%_sure \\ "quoted"' })
    await add(user, { title: '会議の準備', description: 'Ἀθῆναι Москва' })
    const found = async (q: string) => (await titles(user, { q, sort: 'title' })).map((title) => title[0]).join('')
    for (const q of ['grosse', 'straße', 'ROSS tras', 'cafe', 'DEJA', '0%_s', '\\', '"quo', 'strasse grosse', 'e']) {
      expect(await found(q)).toBe('G')
    }
    for (const q of ['会議', '議の準', 'αθηναι', 'МОСКВА', 'αθη моск 会']) expect(await found(q)).toBe('会')
    for (const q of ['grosse 会議', '1_0', '0_s', 'xyz', 'strassecafe', "' or 1=1 --", 'AND', '*'])
      expect(await found(q)).toBe('')
    for (const q of ['', '  ', '\u3000\n']) expect(await found(q)).toBe('G会')
  })

  test('follows a change of the texts', async () => {
    const user = await createUser(store.db)
    const { id } = await add(user, { title: 'before', description: 'hello' })
    await updateTask(user, { params: { id }, body: { title: 'afterwards' } })
    expect(await titles(user, { q: 'before' })).toEqual([])
    expect(await titles(user, { q: 'afterw hello' })).toEqual(['afterwards'])
  })

  test('takes ten words and no more', async () => {
    const user = await createUser(store.db)
    const words = Array.from({ length: 11 }, (_, index) => `w${index}`)
    await add(user, { title: words.join(' ') })
    expect(await titles(user, { q: words.slice(1).join(' ') })).toHaveLength(1)
    const details = { errors: [{ path: '/query/q', message: expect.any(String) }] }
    for (const q of [words.join(' '), 'w1 '.repeat(11)]) {
      await expect(list(user, { q })).rejects.toMatchObject({ code: 'validation_failed', details })
    }
  })

  test('finds what the definition finds, whatever the texts', async () => {
    const user = await createUser(store.db)
    const letters = fc.constantFrom(
      ...Array.from('aabcßẞſKé\u0301\u0345İıΣς会議"\'%_\\* \n\u00a0\u{1f600}\u{1f468}\u200d^-()'),
    )
    const odd = fc.string({ unit: letters, minLength: 1, maxLength: 12 })
    const any = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    const text = fc.oneof({ weight: 3, arbitrary: odd }, any).filter((value) => isLegalText(value))
    const bodies = fc.sample(fc.record({ title: text, description: fc.option(text) }), 150)
    const tasks = await addAll(user, bodies)
    const part = fc
      .tuple(fc.constantFrom(...bodies), fc.nat(20), fc.integer({ min: 1, max: 8 }))
      .map(([{ title, description }, start, length]) =>
        (description ?? title).slice(start % title.length).slice(0, length),
      )
    const query = fc.oneof(part, fc.string({ unit: letters, maxLength: 4 })).filter((q) => isLegalText(q))
    await fc.assert(
      fc.asyncProperty(query, async (q) => {
        const words = searchWords(q)
        fc.pre(words.length <= 10)
        const wanted = tasks.filter(({ title, description }) =>
          words.every((word) => foldText(title).includes(word) || foldText(description ?? '').includes(word)),
        )
        const { items } = await list(user, { q, limit: 200, sort: 'createdAt' })
        expect(items.map((task) => task.id).toSorted()).toEqual(wanted.map((task) => task.id).toSorted())
      }),
      { numRuns: 400 },
    )
  }, 60_000)

  test('long words and naughty strings do no harm and are kept byte for byte', async () => {
    const user = await createUser(store.db)
    const texts = naughtyStrings.filter((text) => isLegalText(text) && text.trim() === text && text !== '')
    expect(texts.length).toBeGreaterThan(400)
    const bodies = texts.map((text) => ({ title: Array.from(text).slice(0, 500).join(''), description: text }))
    const tasks = await addAll(user, bodies)
    expect(tasks).toMatchObject(bodies)
    for (const [index, text] of texts.entries()) {
      const q = Array.from(text).slice(0, 200).join('')
      const words = searchWords(q)
      if (words.length > 10) continue
      const { total } = await list(user, { q, count: 'exact' })
      const { items } = await listAll(user, { q, limit: 200 })
      expect(total).toBe(items.length)
      expect(items.find(({ id }) => id === tasks[index]?.id)).toEqual(tasks[index])
    }
    const { items } = await listAll(user, { limit: 200, sort: 'createdAt' })
    expect(items).toHaveLength(texts.length)
    await add(user, { title: '\ufdfa'.repeat(200) })
    expect(await titles(user, { q: '\ufdfa'.repeat(10) })).toHaveLength(1)
    expect(await titles(user, { q: 'a'.repeat(200) })).toEqual([])
  }, 60_000)

  test('a word of one or two letters is found at each place of a text', async () => {
    const user = await createUser(store.db)
    await addAll(user, [
      { title: 'jb' },
      { title: 'ajbc', description: 'vx' },
      { title: 'c', description: '\u{1f63a}q' },
    ])
    const found = async (q: string) => (await titles(user, { q, sort: 'title' })).join()
    expect([await found('jb'), await found('j'), await found('b'), await found('bc')]).toEqual([
      'ajbc,jb',
      'ajbc,jb',
      'ajbc,jb',
      'ajbc',
    ])
    expect([await found('c'), await found('vx'), await found('x'), await found('v')]).toEqual([
      'ajbc,c',
      'ajbc',
      'ajbc',
      'ajbc',
    ])
    expect([await found('q'), await found('\u{1f63a}'), await found('\u{1f63a}q'), await found('bj')]).toEqual([
      'c',
      'c',
      'c',
      '',
    ])
  })

  test('does not find the words of other users, however common they are', async () => {
    const [user, other] = [await createUser(store.db), await createUser(store.db)]
    await add(user, { title: 'common word' })
    await addAll(
      other,
      Array.from({ length: 2_100 }, (_, index) => ({ title: `common word ${index} qz` })),
    )
    await add(other, { title: 'xj' })
    expect(await titles(user, { q: 'common' })).toEqual(['common word'])
    expect(await titles(user, { q: '2099' })).toEqual([])
    expect(await titles(other, { q: '2099 common' })).toEqual(['common word 2099 qz'])
    for (const q of ['common', 'qz', 'z', 'common q'])
      expect(await list(other, { q, limit: 5, count: 'exact' })).toMatchObject({ total: 2_100 })
    expect(await titles(user, { q: 'qz' })).toEqual([])
    for (const q of ['xj', 'x', 'j']) expect(await titles(other, { q })).toEqual(['xj'])
  }, 60_000)

  test.each([database].filter(({ kind }) => kind === 'postgres'))(
    'on %s asks the index only for what it has',
    async () => {
      const user = await createUser(store.db)
      const asked = async (q: string) => {
        const { parameters } = selectPage(store.db, await pageRequest(user, { q })).compile()
        return parameters.filter((value) => typeof value === 'string' && value.startsWith('%'))
      }
      expect(await asked('z xylophone qx a-b-c')).toEqual(['%xylophone%'])
      expect(await asked('xyl_-1')).toEqual(['%xyl\\_-1%'])
      for (const q of ['z', 'qx', '_-%', 'a-bc', '\u{1f600}']) expect(await asked(q)).toEqual([])
      const { rows } = await sql<{ locale: string }>`
        select datctype as locale from pg_database where datname = current_database()`.execute(store.db)
      expect(await asked('москва')).toEqual(rows[0]?.locale === 'C' ? [] : ['%москва%'])
    },
  )
})
