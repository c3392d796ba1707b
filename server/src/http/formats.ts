import { Ajv } from 'ajv'
import { findTimeZone, isDay, parseInstant } from '../calendar/index.ts'
import { isLegalText } from '../text/index.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/
// As HTML defines a valid e-mail address, with a dot in the host.
const email =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/i

interface Format {
  accepts(value: string): boolean
  /** The one spelling in which the program works with it. */
  spell?(value: string): string
  message: string
}

/** What the contract's string formats accept, and how their values are spelled from then on. */
export const formats: Readonly<Record<string, Format>> = {
  text: { accepts: isLegalText, message: 'must not contain NUL or unpaired surrogates' },
  uuid: { accepts: (value) => uuid.test(value), spell: (value) => value.toLowerCase(), message: 'must be a UUID' },
  instant: {
    accepts: (value) => parseInstant(value) !== undefined,
    spell: (value) => parseInstant(value) ?? value,
    message: 'must be an RFC 3339 date and time with offset, such as 2026-11-23T09:30:00Z',
  },
  day: { accepts: isDay, message: 'must be a day of the calendar, such as 2026-11-23' },
  'time-of-day': { accepts: (value) => timeOfDay.test(value), message: 'must be a time of day, such as 09:30' },
  'time-zone': {
    accepts: (value) => findTimeZone(value) !== undefined,
    spell: (value) => findTimeZone(value) ?? value,
    message: 'must be an IANA time zone, such as Europe/Berlin',
  },
  email: {
    accepts: (value) => email.test(value),
    spell: (value) => value.toLowerCase(),
    message: 'must be an e-mail address',
  },
}

/**
 * A validator for our schemas. Values that pass are also put into their one spelling: trimmed, lower case for ids and
 * addresses, UTC for instants.
 */
export function createAjv(): Ajv {
  const ajv = new Ajv({ strict: true, strictTypes: false, allErrors: true, ownProperties: true, discriminator: true })
  for (const [name, { accepts }] of Object.entries(formats)) ajv.addFormat(name, { type: 'string', validate: accepts })
  ajv.addKeyword({
    keyword: 'x-trim',
    type: 'string',
    schemaType: 'boolean',
    modifying: true,
    before: 'maxLength',
    compile: () => respell((value) => value.trim()),
  })
  ajv.addKeyword({
    keyword: 'x-spell',
    type: 'string',
    schemaType: 'string',
    modifying: true,
    compile: (format: string) => respell((value) => formats[format]?.spell?.(value) ?? value),
  })
  return ajv
}

interface Place {
  parentData: Record<string | number, unknown>
  parentDataProperty: string | number
}

function respell(spell: (value: string) => string) {
  return (value: string, place?: Place): boolean => {
    if (place) place.parentData[place.parentDataProperty] = spell(value)
    return true
  }
}
