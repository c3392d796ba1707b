import type { LimitSettings } from '../limits/index.ts'
import { readNumber } from './read-number.ts'

/** All are judged, even when they are off. */
export function readLimits(read: (name: string) => string | undefined, state: 'on' | 'off'): LimitSettings | undefined {
  const readLimit = (name: string, fallback: number): number => readNumber(name, read(name), fallback)
  const limits: LimitSettings = {
    reads: readLimit('LIMIT_READS', 600),
    writes: readLimit('LIMIT_WRITES', 240),
    logins: readLimit('LIMIT_LOGINS', 10),
    loginsAddress: readLimit('LIMIT_LOGINS_IP', 30),
    registrations: readLimit('LIMIT_REGISTRATIONS', 10),
    mails: readLimit('LIMIT_MAILS', 3),
    sockets: readLimit('LIMIT_SOCKETS', 20),
    tasks: readLimit('LIMIT_TASKS', 250_000),
  }
  return state === 'on' ? limits : undefined
}
