import type { Chrono, Parser } from 'chrono-node'

/**
 * `31.12.`, `5.1.27`, and `31.12` where a word or a time beside it says that it is a date. Without those it may be a
 * price or a section, and with a word such as `Version` before it, it is none at all.
 */
const pattern =
  /(?<lead>(?:(?:bis|ab|seit|vor|nach)\s+)?(?:am|zum|vom|den|dem)\s+|(?:bis|ab|seit|vor|nach)\s+)?(?<day>[0-3]?\d)\.\s?(?<month>[01]?\d)(?:(?<dot>\.)(?:\s?(?<year>\d{4}|\d\d)(?![\d:]|\.\d|\s*(?:Uhr|h)\b))?)?(?!\d|\.\d|[,:]\d|\s?[€$%]|\s*(?:Uhr|h)\b)/iu
const numbered = /(?:^|\s)(?:version|release|v|kapitel|abschnitt|punkt|teil|nr\.?|§)\s*$/iu
const time = /^\s*,?\s*(?:um\s|at\s|\d{1,2}:\d\d|\d{1,2}\s*(?:Uhr|h)\b)/iu

const dottedDates: Parser = {
  pattern: () => pattern,
  extract(context, match) {
    const index = match.index ?? 0
    const { lead, day: dayText, month: monthText, dot, year: yearText } = match.groups ?? {}
    const after = context.text.slice(index + match[0].length)
    const before = context.text.slice(0, index)
    // Chrono tries again on what it has cut off, so that no look-behind would see this.
    if (/[\p{L}\d.,:/-]$/u.test(before) || numbered.test(before)) return null
    if (dot === undefined && lead === undefined && !time.test(after)) return null
    const day = Number(dayText)
    const month = Number(monthText)
    const reference = context.reference.getDateWithAdjustedTimezone()
    const year =
      yearText === undefined ? yearAhead(reference, month, day) : Number(yearText) + (yearText.length === 2 ? 2000 : 0)
    if (!exists(year, month, day)) return null
    const result = context.createParsingResult(index, match[0], { day, month })
    if (yearText === undefined) result.start.imply('year', year)
    else result.start.assign('year', year)
    return result
  },
}

/** The same reader, that also understands dates with dots. */
export function withDottedDates(reader: Chrono): Chrono {
  const extended = reader.clone()
  extended.parsers.unshift(dottedDates)
  return extended
}

/** The year in which that day comes next; today counts. */
function yearAhead(reference: Date, month: number, day: number): number {
  const isPast = month - 1 - reference.getMonth() || day - reference.getDate()
  return reference.getFullYear() + (isPast < 0 ? 1 : 0)
}

function exists(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}
