import { hash, verify } from '@node-rs/argon2'
import { Refusal } from '../errors.ts'

/** OWASP's choice for argon2id: 19 MiB, two passes, one lane; 8 to 11 ms. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const hashesAtOnce = 4
/** More would wait for seconds. */
const mostWaiting = 256

export interface Passwords {
  hash(password: string): Promise<string>
  verify(attempt: { hash: string; password: string }): Promise<boolean>
}

/** Hashing with argon2id. Hashes beyond a few at once wait, so that a wave of sign-ins cannot take all threads and memory; too many of those are refused. */
export function createPasswords(): Passwords {
  const inTurn = createGate(hashesAtOnce)
  return {
    hash: (password) => inTurn(() => hash(password, cost)),
    verify: (attempt) => inTurn(() => verify(attempt.hash, attempt.password)),
  }
}

function createGate(places: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = places
  const waiting: (() => void)[] = []

  return async (work) => {
    if (free > 0) free -= 1
    else if (waiting.length >= mostWaiting) throw overloaded()
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}

function overloaded(): Refusal {
  return new Refusal('overloaded', { detail: 'Too many people sign in at this moment. Try again in a second.' })
}
