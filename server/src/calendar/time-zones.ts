import { timeZoneNames } from './time-zone-names.ts'

const namesByLowerCase = new Map(timeZoneNames.map((name) => [name.toLowerCase(), name]))

/**
 * The IANA zone or link of this name in any case, spelled as in tzdb and not resolved (`asia/calcutta` is
 * `Asia/Calcutta`). Offsets and the old abbreviations that Intl also takes (`PST`, `IST`) are no zones.
 */
export function findTimeZone(name: string): string | undefined {
  return isAscii(name) ? namesByLowerCase.get(name.toLowerCase()) : undefined
}

/** Lower-casing turns the Kelvin sign into a plain k, which would make a name out of what is none. */
function isAscii(text: string): boolean {
  return /^\p{ASCII}*$/u.test(text)
}
