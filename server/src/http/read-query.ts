/**
 * Puts query parameters, which arrive as text, into the types of their schemas, in place. Text that is none of the type
 * stays as it is, for the validation to refuse: `limit=0x10` is no number here.
 */
export function readQuery(properties: Readonly<Record<string, object>>, query: unknown): void {
  if (typeof query !== 'object' || query === null) return
  for (const [name, value] of Object.entries(query)) {
    const schema = properties[name]
    const type = schema && 'type' in schema ? schema.type : undefined
    if (type !== undefined) Object.assign(query, { [name]: read(type, value) })
  }
}

function read(type: unknown, value: unknown): unknown {
  if (type === 'array') return Array.isArray(value) ? value : [value]
  if (type === 'integer' && typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}
