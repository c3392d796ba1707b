import type { ParsedResult } from 'chrono-node'

const leads =
  /(?:^|\s)(?:by|on|in|next|this|last|until|till|before|after|from|since|due|for|am|im|ab|bis|vor|nach)\s+$/iu
const startsWithLead = /^(?:by|on|in|next|this|last|until|till|before|after|from|since|im|am|ab|bis)\s/iu
/** What follows these is a thing or a deed: `in the sun`, `learn to march`. */
const noLead = /(?:^|\s)(?:a|an|the|to|you|we|they|she|he|it|i)\s+$/iu

/** The halves, thirds, quarters, fifths and eighths that things are measured in. */
const fraction = /^(?:1\/[23458]|2\/[35]|3\/[458]|4\/5|[57]\/8)$/

/**
 * Whether it is as likely something else as a date: a fraction before what there is so much of (`1/2 litre milk`), a month without a day (`March in the parade`) or a shortened weekday
 * (`sat nav update`), neither at the end of the line nor led to by a word such as `on`.
 */
export function isAmbiguous({ text, index, start }: ParsedResult, line: string): boolean {
  const isShortWeekday = start.isCertain('weekday') && /^\p{L}{2,3}\.?$/u.test(text)
  const isFraction = fraction.test(text)
  const isMonthAlone = start.isCertain('month') && !start.isCertain('day') && !start.isCertain('weekday')
  if (!isShortWeekday && !isMonthAlone && !isFraction) return false
  const before = line.slice(0, index)
  if (startsWithLead.test(text) || leads.test(before)) return false
  const isAtEnd = /^[\s.,;!?]*$/.test(line.slice(index + text.length))
  return !isAtEnd || noLead.test(before)
}
