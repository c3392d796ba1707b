import type { NewTask, Priority } from '@taskwell/api'
import type { Chrono, ParsedResult } from 'chrono-node'
import { addDays, instantOf, offsetOf, readClock } from '../tasks/clock.ts'
import type { Readers } from './readers.ts'
import { isAmbiguous } from './ambiguous-words.ts'

/** A part of the line that was understood as something else than title. */
export interface Chip {
  readonly kind: 'date' | 'priority'
  /** As it was typed; removing the chip gives it back to the title. */
  readonly text: string
}

export interface ParsedLine {
  readonly task: NewTask
  readonly chips: readonly Chip[]
}

const priorityNames: Readonly<Record<string, Priority>> = {
  high: 'high',
  medium: 'medium',
  low: 'low',
  '1': 'high',
  '2': 'medium',
  '3': 'low',
}

/**
 * Reads a line such as `pay rent tomorrow 9:00 !high`. Words in `kept` stay in the title.
 * `now` is in milliseconds, days and times are those of a clock in the zone.
 */
export function parseLine(
  line: string,
  context: { timeZone: string; now: number; kept: ReadonlySet<string>; readers: Readers },
): ParsedLine {
  const { timeZone, now, kept, readers } = context
  const chips: Chip[] = []
  const task: { -readonly [Name in keyof NewTask]: NewTask[Name] } = { title: line }
  let rest = line
  const mark = [...line.matchAll(/(?<=^|\s)!(high|medium|low|[123])(?=\s|$)/gi)].findLast(([text]) => !kept.has(text))
  const priority = priorityNames[mark?.[1]?.toLowerCase() ?? '']
  if (mark && priority) {
    task.priority = priority
    chips.push({ kind: 'priority', text: mark[0] })
    rest = cut(rest, mark.index, mark[0].length)
  }
  const reference = { instant: new Date(now), timezone: offsetOf(now, timeZone) / 60_000 }
  const read = (reader: Chrono) => reader.parse(rest, reference, { forwardDate: true })
  const isMeant = (result: ParsedResult) => !kept.has(result.text) && !isAmbiguous(result, rest)
  const found = longest([
    ...readers.others.map((reader) => read(reader).findLast((it) => isMeant(it) && !looksLikeWord(it.text))),
    read(readers.english).findLast((it) => isMeant(it) && !isDuration(it.text)),
  ])
  if (found) {
    Object.assign(task, dueOf(found, timeZone, now))
    chips.unshift({ kind: 'date', text: found.text })
    rest = cut(rest, found.index, found.text.length)
  }
  const title = rest.replace(/\s+/g, ' ').trim()
  // A line of nothing but a date is a title all the same.
  if (title === '') return { task: { title: line.trim() }, chips: [] }
  return { task: { ...task, title }, chips }
}

/** The day and the time that are meant; what names no day or no year is still to come. */
function dueOf({ start }: ParsedResult, timeZone: string, now: number): Pick<NewTask, 'dueDate' | 'dueTime'> {
  const pad = (name: 'month' | 'day' | 'hour' | 'minute') => String(start.get(name) ?? 0).padStart(2, '0')
  const dueDate = `${String(start.get('year')).padStart(4, '0')}-${pad('month')}-${pad('day')}`
  const { today, minute } = readClock(timeZone, now)
  if (!start.isCertain('hour')) {
    // From noon on, the reader of dates takes today for over.
    const isThisDay = !start.isCertain('year') && start.isCertain('day') && dueDate.slice(4) === today.slice(4)
    return { dueDate: isThisDay ? today : dueDate }
  }
  const dueTime = `${pad('hour')}:${pad('minute')}`
  const isNamed = start.isCertain('day') || start.isCertain('weekday')
  const isOver = dueDate === today && instantOf(dueDate, dueTime, timeZone) < minute
  return { dueDate: !isNamed && isOver ? addDays(today, 1) : dueDate, dueTime }
}

/** What one language understands in part, another one understands as a whole. */
function longest(results: readonly (ParsedResult | undefined)[]): ParsedResult | undefined {
  return results
    .filter((result) => result !== undefined)
    .reduce<ParsedResult | undefined>(
      (best, next) => (best && best.text.length >= next.text.length ? best : next),
      undefined,
    )
}

/** Days are shortened to what are words elsewhere: the German `do` is Thursday. */
function looksLikeWord(text: string): boolean {
  return /^\p{Script=Latin}{1,3}$/u.test(text.trim())
}

/** `walk 2h` says how long; only `in 2h` says when. */
function isDuration(text: string): boolean {
  return /^\d+([.,]\d+)?\s*(s|sec|m|min|h|hr|d|day|w|week|month|minute|hour|second|year|yr)s?\.?$/i.test(text.trim())
}

/** Takes a part out, with the little word that led to it. */
function cut(line: string, index: number, length: number): string {
  const before = line.slice(0, index).replace(/(?<=\s|^)(?:by|due|on|at)\s+$/i, '')
  return `${before} ${line.slice(index + length)}`
}
