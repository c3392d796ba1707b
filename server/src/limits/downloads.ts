import { Refusal } from '../errors.ts'

const atOnce = 2
/** In seconds. Nobody knows when the others are read to their end. */
const retryAfter = 10

/** Counts the downloads that each user has under way, on this process. */
export function createDownloads(): (userId: string) => () => void {
  const underWay = new Map<string, number>()

  function leave(userId: string): void {
    const left = (underWay.get(userId) ?? 1) - 1
    if (left > 0) underWay.set(userId, left)
    else underWay.delete(userId)
  }

  return (userId) => {
    const count = underWay.get(userId) ?? 0
    if (count >= atOnce) throw tooMany()
    underWay.set(userId, count + 1)
    let hasLeft = false
    return () => {
      if (!hasLeft) leave(userId)
      hasLeft = true
    }
  }
}

function tooMany(): Refusal {
  return new Refusal('rate_limited', {
    detail: `You are downloading ${atOnce} files already. Let one of them end, then try again.`,
    headers: { 'retry-after': String(retryAfter) },
  })
}
