import type { Config } from '../config.ts'
import type { Database } from '../database/open.ts'

export interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warning' | 'wrong'
  /** What it is, and what to do about it. */
  readonly message: string
}

/** What a check may look at. The store is there only once it could be opened. */
export interface Patient {
  readonly config: Config
  readonly now: Date
}

export interface Check {
  readonly name: string
  examine(patient: Patient): Promise<readonly Finding[]> | readonly Finding[]
}

export interface StoreCheck {
  readonly name: string
  examine(db: Database, patient: Patient): Promise<readonly Finding[]>
}

/** Findings of one check, in order. */
export function findings(check: string) {
  return {
    ok: (message: string): Finding => ({ check, level: 'ok', message }),
    warning: (message: string): Finding => ({ check, level: 'warning', message }),
    wrong: (message: string): Finding => ({ check, level: 'wrong', message }),
  }
}
