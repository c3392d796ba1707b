import type { Kysely } from 'kysely'
import * as initial from './0001-initial.ts'
import * as retention from './0002-retention.ts'
import * as mailLinks from './0003-mail-links.ts'
import * as ownAccount from './0004-own-account.ts'
import * as limits from './0005-limits.ts'
import * as figures from './0006-figures.ts'
import * as figuresByDay from './0007-figures-by-day.ts'
import * as shortWords from './0008-short-words.ts'

/** A step of the schema. It knows nothing of the program around it, so it does the same years from now. */
export interface Migration {
  readonly name: string
  // oxlint-disable-next-line typescript/no-explicit-any -- the schema differs at every step, so it has no one type
  up(db: Kysely<any>, kind: 'sqlite' | 'postgres'): Promise<void>
}

/** Every migration, oldest first. A released one never changes. */
export const migrations: readonly Migration[] = [
  { name: '0001-initial', up: initial.up },
  { name: '0002-retention', up: retention.up },
  { name: '0003-mail-links', up: mailLinks.up },
  { name: '0004-own-account', up: ownAccount.up },
  { name: '0005-limits', up: limits.up },
  { name: '0006-figures', up: figures.up },
  { name: '0007-figures-by-day', up: figuresByDay.up },
  { name: '0008-short-words', up: shortWords.up },
]
