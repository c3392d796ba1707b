import { quarterAt, spanOfQuarter } from './quarters.ts'

/** A row of `completion_days`. */
export type CompletionMark = readonly [day: number, morning: number, afternoon: number]

/** In which quarters of an hour something was completed; times are milliseconds since 1970. */
export interface CompletedQuarters {
  /** Whether one of them is between; both times begin a quarter. */
  areWithin(from: number, to: number): boolean
  /** When the first of them begins that is not before; undefined if there is none. */
  firstFrom(moment: number): number | undefined
}

/** The bits of a word: so many as JavaScript works with at once. */
const quartersAWord = 24

/** Since 1972 all zones are whole quarters of an hour from UTC, so days of any zone are made of these. */
export function completedQuarters(marks: readonly CompletionMark[]): CompletedQuarters {
  const words = new Map(marks.toSorted(([one], [other]) => one - other).flatMap(wordsOf))

  return {
    areWithin(from, to) {
      const [first, end] = [quarterAt(from), quarterAt(to)]
      for (let word = wordOf(first); word * quartersAWord < end; word++) {
        const bits = words.get(word)
        if (bits !== undefined && (bits & between(first - word * quartersAWord, end - word * quartersAWord)) !== 0)
          return true
      }
      return false
    },
    firstFrom(moment) {
      const first = quarterAt(moment)
      for (const [word, bits] of words) {
        const left = bits & between(first - word * quartersAWord, quartersAWord)
        if (left !== 0) return spanOfQuarter(word * quartersAWord + lowestBit(left)).from
      }
      return undefined
    },
  }
}

function wordOf(quarter: number): number {
  return Math.floor(quarter / quartersAWord)
}

function wordsOf([day, morning, afternoon]: CompletionMark): [word: number, bits: number][] {
  const bits = [morning, afternoon].flatMap((half) => [
    half % 2 ** quartersAWord,
    Math.floor(half / 2 ** quartersAWord),
  ])
  return bits.map((bits, place): [number, number] => [day * 4 + place, bits]).filter(([, bits]) => bits !== 0)
}

/** The bits from one place to before another; places outside the word are brought to its ends. */
function between(from: number, to: number): number {
  const [first, end] = [from, to].map((place) => Math.min(Math.max(place, 0), quartersAWord))
  return 2 ** (end ?? 0) - 2 ** (first ?? 0)
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
