import { createHmac, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { createFolder, unusableFolder } from './create-folder.ts'

/** The secret that signs sessions: the configured one, or one made once and kept in the data folder, for its owner only. */
export function getSecret({ authSecret, dataDir }: Pick<Config, 'authSecret' | 'dataDir'>): string {
  if (authSecret !== undefined) return authSecret
  const file = join(dataDir, 'auth-secret')
  createFolder(dataDir, 'DATA_DIR')
  const secret = readSecret(file)
  if (secret !== undefined) return secret
  try {
    return createSecret(file)
  } catch (error) {
    throw unusableFolder('DATA_DIR', error)
  }
}

/** The same, but does not make one. */
export function findSecret({ authSecret, dataDir }: Pick<Config, 'authSecret' | 'dataDir'>): string | undefined {
  return authSecret ?? readSecret(join(dataDir, 'auth-secret'))
}

/** Tells secrets apart without telling what they are. */
export function markOf(secret: string): string {
  return createHmac('sha256', secret).update('taskwell-backup').digest('base64url').slice(0, 16)
}

function readSecret(file: string): string | undefined {
  let secret: string
  try {
    secret = readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  if (secret.length < 32)
    throw new Error(`${file} is damaged: restore it from a backup, or delete it to sign everybody out.`)
  return secret
}

/** Links a complete file into place, so that of two processes one wins and neither reads half a secret. */
function createSecret(file: string): string {
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}
