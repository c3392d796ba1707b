/**
 * Makes UUIDv7s (RFC 9562) that sort in the order in which they were made, also when the clock goes back; `latest` is
 * one that was made before, by a program that has ended.
 */
export function makeIds(latest?: string): () => string {
  let time = latest === undefined ? 0 : timeOf(latest)
  let count = latest === undefined ? 0 : 0xfff
  return () => {
    const now = Date.now()
    if (now > time) [time, count] = [now, 0]
    else if (count < 0xfff) count += 1
    else [time, count] = [time + 1, 0]
    const digits = time.toString(16).padStart(12, '0')
    const random = globalThis.crypto.randomUUID()
    return `${digits.slice(0, 8)}-${digits.slice(8)}-7${count.toString(16).padStart(3, '0')}-${random.slice(19)}`
  }
}

/** Milliseconds since 1970. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
