import { resolve } from 'node:path'
import { ConfigError } from './config-error.ts'

export interface BackupSettings {
  readonly folder: string
  /** In milliseconds. */
  readonly every: number
  /** How many are kept. */
  readonly keep: number
}

export function readBackups(read: (name: string) => string | undefined): BackupSettings | undefined {
  const folder = read('BACKUP_DIR')
  const [, count = '', unit = ''] = /^([1-9]\d{0,3})([mhd])$/.exec(read('BACKUP_EVERY') ?? '24h') ?? []
  const every = Number(count) * (unit === 'm' ? 60_000 : unit === 'h' ? 3_600_000 : 86_400_000)
  if (count === '' || every > longestTimer)
    throw new ConfigError('BACKUP_EVERY must be such as 30m, 24h or 7d, up to 24d')
  const keep = read('BACKUP_KEEP') ?? '7'
  if (!/^[1-9]\d{0,3}$/.test(keep)) throw new ConfigError('BACKUP_KEEP must be a number from 1 to 9999')
  if (folder !== undefined) return { folder: resolve(folder), every, keep: Number(keep) }
  const vain = ['BACKUP_EVERY', 'BACKUP_KEEP'].find((name) => read(name) !== undefined)
  if (vain !== undefined) throw new ConfigError(`${vain} needs BACKUP_DIR: name the folder for the backups`)
  return undefined
}

/** What a timer of Node can wait, in milliseconds. */
const longestTimer = 2_147_483_647
