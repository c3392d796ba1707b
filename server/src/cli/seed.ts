import { randomBytes } from 'node:crypto'
import { priorities } from '@taskwell/api'
import { Command, InvalidArgumentError } from 'commander'
import { addDays, dayIn } from '../calendar/index.ts'
import { type Context, transact } from '../context.ts'
import type { Progress } from '../database/copy/rows.ts'
import { createTask } from '../tasks/index.ts'
import { createDemoAccount } from './demo-account.ts'
import { showProgress } from './progress.ts'
import { withUpgradedStore } from './with-store.ts'

export function seedCommand(): Command {
  return new Command('seed')
    .description('make a demo account with tasks in it, to try or to measure')
    .option('--tasks <number>', 'how many tasks', readCount, 100)
    .action(({ tasks }: { tasks: number }) =>
      withUpgradedStore(async (db, config) => {
        const password = randomBytes(9).toString('base64url')
        const email = `demo-${randomBytes(3).toString('hex')}@example.com`
        const ctx = await createDemoAccount(db, config, { email, password })
        const progress = showProgress()
        await createTasks(ctx, tasks, progress.show).finally(progress.end)
        console.log(`${tasks} tasks for ${email}, password ${password}`)
      }),
    )
}

function readCount(value: string): number {
  const count = /^\d{1,7}$/.test(value) ? Number(value) : Number.NaN
  if (!(count <= 1_000_000)) throw new InvalidArgumentError('a number up to 1000000')
  return count
}

const inOneTransaction = 500

async function createTasks(ctx: Context, count: number, progress: Progress): Promise<void> {
  for (let first = 0; first < count; first += inOneTransaction) {
    const numbers = Array.from({ length: Math.min(inOneTransaction, count - first) }, (_, index) => first + index)
    await transact(ctx, async (ctx) => {
      for (const number of numbers) await createTask(ctx, { body: demoTask(ctx.now, number) })
    })
    progress(first + numbers.length, 'tasks')
  }
}

const actions = ['Call', 'Write to', 'Visit', 'Pay', 'Repair', 'Plan', 'Order', 'Read', 'Clean', 'Send']
const things = [
  'the plumber',
  'Grandma',
  'the rent',
  'the bicycle',
  'the summer party',
  'coffee',
  'the report',
  'the balcony',
]
const notes = ['Before noon.', 'Ask for the invoice.', 'See the letter of last week.', 'Bring the keys.']

function demoTask(now: Date, number: number) {
  const today = dayIn('UTC', now)
  const hasDay = number % 3 !== 0
  return {
    title: `${pick(actions, number)} ${pick(things, number * 7)} (${number + 1})`,
    ...(number % 4 === 0 && { description: `${pick(notes, number)} Number ${number + 1} of the demo.` }),
    completed: number % 2 === 1,
    priority: pick(priorities, number * 5),
    ...(hasDay && { dueDate: addDays(today, (number % 60) - 20) }),
    ...(hasDay && number % 5 === 0 && { dueTime: `${String(8 + (number % 10)).padStart(2, '0')}:30` }),
  }
}

function pick<T>(values: readonly [T, ...T[]] | readonly T[], number: number): T {
  const value = values[number % values.length]
  if (value === undefined) throw new Error('Nothing to pick from')
  return value
}
