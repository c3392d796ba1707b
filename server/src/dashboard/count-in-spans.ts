import type { Span } from './queries.ts'
import { yieldToOthers } from './yield-to-others.ts'

interface Found {
  readonly place: number
  /** Up to when the statement has counted, in milliseconds since 1970. */
  readonly counted_to: number
  /** JSON */
  readonly found: string
}

/**
 * Counts in spans that follow each other, some rows at a time, with turns for others between. `add` is told what was
 * found in each span, or in a part of it.
 */
export async function countInSpans<T>(
  spans: readonly Span[],
  count: (spans: readonly Span[]) => Promise<readonly Found[]>,
  add: (place: number, found: T) => void,
): Promise<void> {
  for (let left = spans; left.length > 0;) {
    const rows = await count(left)
    for (const { place, found } of rows) add(place, JSON.parse(found))
    const countedTo = rows.at(-1)?.counted_to ?? Infinity
    left = left
      .filter(([, , to]) => to > countedTo)
      .map(([place, from, to, ...more]): Span => [place, Math.max(from, countedTo), to, ...more])
    await yieldToOthers()
  }
}
