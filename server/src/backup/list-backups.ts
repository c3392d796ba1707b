import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface KeptBackup {
  readonly path: string
  /** When it was finished. */
  readonly at: Date
}

const pattern = /^taskwell-\d{8}T\d{6}Z\.backup$/

/** The name of a backup that is made by itself, such as `taskwell-20261123T093000Z.backup`. */
export function backupName(now: Date): string {
  return `taskwell-${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}.backup`
}

/** The backups in a folder that were made by themselves, newest first. Others are nobody's to count or remove. */
export function listBackups(folder: string): KeptBackup[] {
  return readdirSync(folder)
    .filter((name) => pattern.test(name))
    .toSorted()
    .toReversed()
    .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtime }))
}
