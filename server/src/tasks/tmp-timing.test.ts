import { randomUUID } from 'node:crypto'
import { CompiledQuery, sql } from 'kysely'
import { test } from 'vitest'
import { writeFileSync } from 'node:fs'
import { databases } from '../../test/databases.ts'
import { contentColumns, newContent } from './content.ts'
import { createUser, list, type TestUser } from './testing.ts'
import { pageRequest } from './list-tasks.ts'
import { selectPage } from './page-query.ts'
import type { TaskQuery } from '@taskwell/api'
import { addDays } from '../calendar/index.ts'

const vocabulary = [
  'meeting',
  'report',
  'call',
  'buy',
  'milk',
  'review',
  'the',
  'project',
  'plan',
  'über',
  'straße',
  '会議の準備',
]
async function fill(user: TestUser, count: number, offset: number) {
  const rows = []
  for (let i = 0; i < count; i++) {
    const r = Math.random
    const pick = () => vocabulary[Math.floor(r() * vocabulary.length)]
    const dueDate = r() < 0.6 ? addDays('2026-11-23', Math.floor(r() * 120 - 60)) : null
    const dueTime = dueDate && r() < 0.4 ? '14:30' : null
    const dueTimeZone = dueTime && r() < 0.3 ? 'Europe/Berlin' : null
    const at = new Date(Date.parse('2026-01-01T00:00:00Z') + i * 60000 * 40).toISOString()
    const c = newContent(
      {
        title: `${pick()} ${pick()} task ${i}${i % 1000 === 7 ? ' zebra' : ''}`,
        description: `common words of everybody ${pick()} ${pick()} `.repeat(5),
        completed: r() < 0.4,
        priority: (['high', 'medium', 'low'] as const)[i % 3]!,
        dueDate,
        dueTime,
        dueTimeZone,
      },
      at,
    )
    rows.push({
      space_id: user.caller.spaceId,
      id: randomUUID(),
      ...contentColumns(c),
      version: 1,
      revision: offset + i + 1,
      created_at: at,
      updated_at: at,
      deleted_at: i % 50 === 0 ? at : null,
      erased_at: null,
    })
  }
  for (let i = 0; i < rows.length; i += 500)
    await user.db
      .insertInto('tasks')
      .values(rows.slice(i, i + 500))
      .execute()
}
const queries: TaskQuery[] = [
  {},
  { count: 'exact' },
  { limit: 200 },
  ...(['createdAt', 'updatedAt', 'dueDate', 'priority', 'title', 'completedAt', 'deletedAt'] as const).flatMap((s) => [
    { sort: s },
    { sort: `-${s}` as const },
    { sort: s, deleted: true },
  ]),
  ...(['overdue', 'today', 'week', 'upcoming', 'none', 'any'] as const).flatMap((due) => [
    { due },
    { due, sort: 'dueDate' as const },
    { due, sort: 'title' as const, count: 'exact' as const },
  ]),
  { completed: false, count: 'exact' },
  { completed: true, sort: '-completedAt' },
  { priority: ['high', 'low'], sort: 'dueDate', completed: false, count: 'exact' },
  { dueFrom: '2026-11-20', dueTo: '2026-11-25', count: 'exact' },
  { createdFrom: '2026-05-01T00:00:00.000Z', createdTo: '2026-05-03T00:00:00.000Z', sort: 'title' },
  { updatedFrom: '2026-05-01T00:00:00.000Z', sort: 'dueDate' },
  { deleted: true, count: 'exact' },
  ...[
    'zebra',
    'common',
    'common words everybody',
    'meeting',
    'co',
    'ab',
    'a',
    'task',
    'nothinglikethis',
    'strasse',
    '会議',
    '会議の',
    'task 9999',
    'ommo wor',
    'x',
  ].flatMap((q) => [
    { q },
    { q, count: 'exact' as const },
    { q, sort: 'title' as const },
    { q, sort: 'dueDate' as const, completed: false, count: 'exact' as const },
  ]),
]
test.each(databases)(
  'timing %s',
  async (database) => {
    const store = await database.open()
    const user = await createUser(store.db, 'Europe/Berlin')
    await fill(user, 10000, 0)
    for (let i = 0; i < 5; i++) await fill(await createUser(store.db), 10000, 0)
    const out: string[] = []
    for (const analyzed of database.kind === 'postgres' ? [true] : [false]) {
      if (analyzed) await sql`analyze`.execute(store.db)
      for (const query of queries) {
        const times = []
        for (let i = 0; i < 12; i++) {
          const s = performance.now()
          await list(user, query)
          times.push(performance.now() - s)
        }
        const m = times.toSorted((a, b) => a - b)[0]!
        out.push(`${m.toFixed(1).padStart(7)} ${JSON.stringify(query)}`)
        if (m > 10) {
          const c = selectPage(user.db, await pageRequest(user, query)).compile()
          const r = await store.db.executeQuery<any>(
            CompiledQuery.raw((database.kind === 'sqlite' ? 'explain query plan ' : 'explain analyze ') + c.sql, [
              ...c.parameters,
            ]),
          )
          out.push(...r.rows.map((x: any) => '            ' + (x.detail ?? x['QUERY PLAN'])))
        }
      }
    }
    writeFileSync(`/tmp/timing-${database.kind}.txt`, out.join('\n'))
    await store.close()
  },
  300000,
)
