import { createHmac } from 'node:crypto'
import { symmetricDecrypt } from 'better-auth/crypto'

/** In seconds; how many steps a clock may be off; and how long codes are. As the plugin and the apps have it. */
const period = 30
const window = 1
const digits = 6

/** The secret of a second factor, which is kept encrypted. */
export async function readTotpSecret(
  encrypted: string,
  key: Parameters<typeof symmetricDecrypt>[0]['key'],
): Promise<string> {
  return symmetricDecrypt({ key, data: encrypted })
}

/** The time step (RFC 6238) of which this is the code, the latest if several. */
export function matchingStep(secret: string, code: string, now: number): number | undefined {
  const present = Math.floor(now / 1000 / period)
  const steps = Array.from({ length: 2 * window + 1 }, (_, index) => present + window - index)
  return steps.find((step) => codeAt(secret, step) === code)
}

/** The code of a time step (RFC 4226, section 5.3). */
export function codeAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** digits).padStart(digits, '0')
}
