/*
 * Loaded before everything else, since it is small: where this browser remembers nobody, the replies that the first
 * screen waits for are on their way while the rest of the app is.
 */
import { isLogoutDue, recallUser } from './session/remembered-user.ts'

/** Milliseconds after which a reply is too old to be taken for a new one. */
const life = 10_000
const whoIsIt = '/api/auth/get-session'
/** As the client writes them for a copy that has nothing yet, and how often it asks. */
const firstRequests = { '/api/auth/session': 2, '/api/changes?since=0&limit=1000': 1 }
const replies = new Map<string, { readonly reply: Promise<Response>; readonly uses: number }>()
let isOver = false

/** `fetch`, which answers with what was asked for early, as long as nothing was written: that may change who asks. */
export const earlyFetch: typeof fetch = (input, init) => {
  if ((init?.method ?? 'GET') !== 'GET') end()
  const path = typeof input === 'string' ? input : ''
  const early = replies.get(path)
  if (!early) return fetch(input, init)
  if (early.uses > 1) replies.set(path, { ...early, uses: early.uses - 1 })
  else replies.delete(path)
  return early.reply.then(
    (reply) => reply.clone(),
    () => fetch(input, init),
  )
}

function end(): void {
  isOver = true
  replies.clear()
}

function keep(path: string, uses: number, reply: Promise<Response>): void {
  if (!isOver) replies.set(path, { reply, uses })
  // Whoever takes it deals with its failure.
  reply.catch(() => {})
}

function ask(path: string): Promise<Response> {
  return fetch(path, { credentials: 'include' })
}

/** Answers only after the rest has been asked for, so that nobody asks for that a second time. */
async function askAll(): Promise<Response> {
  const reply = await ask(whoIsIt)
  if (reply.ok && (await reply.clone().json()) !== null) {
    for (const [path, uses] of Object.entries(firstRequests)) keep(path, uses, ask(path))
  }
  return reply
}

if (!recallUser() && !isLogoutDue()) {
  keep(whoIsIt, 1, askAll())
  setTimeout(end, life)
}
