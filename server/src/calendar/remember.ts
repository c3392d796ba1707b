/** `make`, with its newest `limit` answers kept. */
export function remember<Key extends string | number, Value>(
  limit: number,
  make: (timeZone: string, key: Key) => Value,
): (timeZone: string, key: Key) => Value {
  const known = new Map<string, Value>()

  return (timeZone, key) => {
    const name = `${timeZone} ${key}`
    const found = known.get(name)
    if (found !== undefined) return found
    const value = make(timeZone, key)
    known.set(name, value)
    if (known.size > limit) known.delete(known.keys().next().value ?? '')
    return value
  }
}
