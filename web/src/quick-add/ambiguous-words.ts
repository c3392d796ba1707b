import type { ParsedResult } from 'chrono-node'

const leads =
  /(?:^|\s)(?:by|on|in|next|this|last|until|till|before|after|from|since|due|for|am|im|ab|bis|vor|nach)\s+$/iu
const startsWithLead = /^(?:by|on|in|next|this|last|until|till|before|after|from|since|im|am|ab|bis)\s/iu
/** What follows these is a thing or a deed: `in the sun`, `learn to march`. */
const noLead = /(?:^|\s)(?:a|an|the|to|you|we|they|she|he|it|i)\s+$/iu

/**
 * Whether it is as likely a word as a date: a month without a day (`March in the parade`) or a shortened weekday
 * (`sat nav update`), neither at the end of the line nor led to by a word such as `on`.
 */
export function isAmbiguous({ text, index, start }: ParsedResult, line: string): boolean {
  const isShortWeekday = start.isCertain('weekday') && /^\p{L}{2,3}\.?$/u.test(text)
  const isMonthAlone = start.isCertain('month') && !start.isCertain('day') && !start.isCertain('weekday')
  if (!isShortWeekday && !isMonthAlone) return false
  const before = line.slice(0, index)
  if (startsWithLead.test(text) || leads.test(before)) return false
  const isAtEnd = /^[\s.,;!?]*$/.test(line.slice(index + text.length))
  return !isAtEnd || noLead.test(before)
}
