import { type Static, type TSchema, Type } from 'typebox'

/** `null` beside another type, as JSON Schema says it. */
export function nullable<T extends TSchema & { type: string }>(schema: T) {
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] })
}

/** Text of people, kept byte for byte: no NUL, no unpaired surrogate; lengths count code points. */
export function text(options: { minLength?: number; maxLength: number; description?: string }) {
  return Type.String({ format: 'text', ...options })
}

/** Text without white space at its ends: what is sent with some is trimmed before it is judged. */
export function trimmedText(options: { minLength: number; maxLength: number; description?: string }) {
  return Type.String({ format: 'text', 'x-trim': true, ...options })
}

export const Id = Type.String({ format: 'uuid', 'x-spell': 'uuid', description: 'UUID; upper case is accepted' })
export const Instant = Type.String({
  format: 'instant',
  'x-spell': 'instant',
  description: 'RFC 3339, answered in UTC with milliseconds',
})
export const Day = Type.String({ format: 'day', description: 'A calendar day, `YYYY-MM-DD`' })
export const TimeOfDay = Type.String({ format: 'time-of-day', description: 'Wall clock time, `HH:MM`' })
export const TimeZone = Type.String({
  format: 'time-zone',
  'x-spell': 'time-zone',
  description: 'IANA time zone name, such as `Europe/Berlin`',
})
export const Email = Type.String({
  format: 'email',
  'x-spell': 'email',
  maxLength: 254,
  description: 'Kept in lower case',
})
export const Cursor = Type.String({ format: 'text', maxLength: 4096, description: '`nextCursor` of the page before' })
