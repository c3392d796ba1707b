import { setImmediate } from 'node:timers/promises'
import type { contract, Export } from '@taskwell/api'
import { listEvents, toEvent } from '../account-events/index.ts'
import { getAccount } from '../auth/index.ts'
import type { Context } from '../context.ts'
import { listHistoryUpTo, listTasksAt, findSpaceRevision } from '../tasks/index.ts'
import { findTokens, toToken } from '../tokens/index.ts'
import type { Verb } from '../verb.ts'
import { findSessions } from './sessions.ts'

/** All events that are kept. */
const mostEvents = 1_000
const page = 50

/**
 * Writes everything of the caller's account as one JSON text. It reads page by page and holds no transaction, so a slow
 * reader keeps nobody waiting; what is written meanwhile is taken back by its history.
 */
export const exportAccount: Verb<typeof contract.exportAccount> = async (ctx) => {
  const { db, caller, now } = ctx
  const revision = await findSpaceRevision(db, caller.spaceId)
  const head: Omit<Export, 'tasks' | 'history'> = {
    format: 'taskwell-export',
    version: 1,
    exportedAt: now.toISOString(),
    revision,
    user: (await getAccount(ctx, {})).body,
    sessions: await findSessions(ctx),
    tokens: (await findTokens(db, caller.userId)).map(toToken),
    events: (await listEvents(db, { userId: caller.userId, limit: mostEvents })).map(toEvent),
  }
  const day = head.exportedAt.slice(0, 10)
  return {
    body: write(ctx, head),
    revision,
    headers: { 'content-disposition': `attachment; filename="taskwell-export-${day}.json"` },
  }
}

async function* write(ctx: Context, head: Omit<Export, 'tasks' | 'history'>): AsyncIterable<string> {
  const { db, caller } = ctx
  const at = { spaceId: caller.spaceId, revision: head.revision, limit: page }
  yield `${JSON.stringify(head).slice(0, -1)},\n"tasks":[`
  yield* joined((after: string | undefined) => listTasksAt(db, { ...at, after }))
  yield '],\n"history":['
  yield* joined((after: number | undefined) => listHistoryUpTo(db, { ...at, after }))
  yield ']}\n'
}

/** The pages' items with commas between. */
async function* joined<Place>(
  read: (after: Place | undefined) => Promise<{ items: readonly unknown[]; next: Place | undefined }>,
): AsyncIterable<string> {
  let separator = '\n'
  let place: Place | undefined
  do {
    const { items, next } = await read(place)
    if (items.length > 0) yield separator + items.map((item) => JSON.stringify(item)).join(',\n')
    if (items.length > 0) separator = ',\n'
    place = next
    // SQLite answers without ever leaving the turn.
    await setImmediate()
  } while (place !== undefined)
}
