import { dateLocale } from '../ui/date-locale.ts'

const format = new Intl.DateTimeFormat(dateLocale, { dateStyle: 'medium', timeStyle: 'short' })

/** An instant in the user's manner. */
export function moment(instant: string): string {
  return format.format(Date.parse(instant))
}
