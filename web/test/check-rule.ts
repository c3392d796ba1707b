import { storageRules } from '@taskwell/api'
import { openIndexedDb } from '../src/session/indexed-db.ts'

/** Runs in the browser. Answers what is wrong, or null. */
async function checkRule(name: string): Promise<string | null> {
  const database = `rules ${crypto.randomUUID()}`
  try {
    await storageRules.find(({ rule }) => rule === name)?.check(() => openIndexedDb(database))
    return null
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack}` : String(error)
  }
}

Object.assign(globalThis, { checkRule })
