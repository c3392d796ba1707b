/** How a part is run. */
export interface Settings {
  readonly seed: number
  /** Undefined means the part's own number, which is smaller in the short form. */
  readonly rounds: number | undefined
  /** How long a soak lasts; undefined likewise. */
  readonly minutes: number | undefined
  /** The only ones of the hostile ones, with commas between; undefined for all. */
  readonly attack: string | undefined
  readonly isShort: boolean
}

/** One way of breaking things. It answers its figures, and throws when a promise was broken. */
export interface Part {
  readonly name: string
  readonly promise: string
  run(settings: Settings): Promise<string>
}

/** What the part needs is not to be had on this machine. */
export class Impossible extends Error {
  override readonly name = 'Impossible'
}

/** @throws when the condition does not hold: something that was promised is not so */
export function demand(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`PROMISE BROKEN: ${message}`)
}

/** @throws {Impossible} */
export function need(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Impossible(message)
}
