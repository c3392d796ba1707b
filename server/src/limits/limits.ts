import type { Visit } from '../verb.ts'
import type { Meter } from './meter.ts'

/** How much of everything there is. */
export interface LimitSettings {
  /** A user and minute. */
  readonly reads: number
  readonly writes: number
  /** Failed sign-ins in 15 minutes: an account, or a device that it knows; and an address. */
  readonly logins: number
  readonly loginsAddress: number
  /** An address and hour. */
  readonly registrations: number
  /** Mails that anybody may cause, an account and hour. */
  readonly mails: number
  /** Open connections a user. */
  readonly sockets: number
  /** Tasks a user, not counting the bin. */
  readonly tasks: number
}

/** The walls around accounts. What is refused is refused with `rate_limited`; what was drawn on is put on the meter. */
export interface Limits {
  /** A request of somebody signed in. */
  countRequest(meter: Meter, kind: 'read' | 'write', userId: string): Promise<void>
  /** A request of somebody who is not, by the address: generous, since many may share one. */
  countStranger(meter: Meter, address: string): Promise<void>
  /** Refuses early what would be refused anyway, before the body is read. */
  expectRoom(meter: Meter, kind: 'login' | 'registration', visit: Visit): Promise<void>
  /** Signs in to an account, or fails to. `isWrong` tells of a result or an error whether a guess was wrong. */
  signIn<T>(meter: Meter, attempt: SignIn, work: () => Promise<T>, isWrong: Judge): Promise<T>
  /** Somebody signed in proves again who they are. */
  confirm<T>(meter: Meter, userId: string, work: () => Promise<T>, isWrong: Judge): Promise<T>
  /** Creates an account, or learns that there is one: `counts` tells of a result or an error whether it was either. */
  register<T>(meter: Meter, visit: Visit, work: () => Promise<T>, counts: Judge): Promise<T>
  /** A mail to an address that somebody asks for, whether an account has it or not. */
  countMail(meter: Meter, email: string): Promise<void>
  /** The cookie by which a device that has just signed in is known from now on. */
  deviceCookie(email: string): string | undefined
}

export interface SignIn {
  readonly visit: Visit
  readonly email: string
}

/** Judges what an attempt came to: its result, or what it threw. */
export type Judge = (outcome: unknown) => boolean | Promise<boolean>

/** No walls, for benchmarks and tests. */
export const noLimits: Limits = {
  countRequest: async () => {},
  countStranger: async () => {},
  expectRoom: async () => {},
  signIn: (_, __, work) => work(),
  confirm: (_, __, work) => work(),
  register: (_, __, work) => work(),
  countMail: async () => {},
  deviceCookie: () => undefined,
}
