import { existsSync } from 'node:fs'
import { listBackups } from '../backup/index.ts'
import { type Check, findings } from './finding.ts'

const { ok, warning, wrong } = findings('backups')

export const checkBackups: Check = {
  name: 'backups',
  examine: ({ config: { backups }, now }) => {
    if (backups === undefined) return [warning('no backups are made by themselves: set BACKUP_DIR')]
    if (!existsSync(backups.folder)) return [wrong(`${backups.folder} is not there: make it, or mount it`)]
    const [newest] = listBackups(backups.folder)
    if (newest === undefined)
      return [warning(`${backups.folder} has no backup yet: the running server makes the first`)]
    const told = `the newest is of ${newest.at.toISOString()}`
    if (now.getTime() - newest.at.getTime() > backups.every * 2)
      return [wrong(`${told}: see the log for why no later one was made`)]
    return [ok(told)]
  },
}
