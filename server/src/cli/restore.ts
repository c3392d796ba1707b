import { Command } from 'commander'
import { type Restored, restoreBackup } from '../backup/index.ts'
import { type Config, readConfig } from '../config.ts'
import { findSecret, markOf } from '../secret.ts'
import { describeTally, showProgress } from './progress.ts'

interface RestoreOptions {
  force?: boolean
  dryRun?: boolean
  keepSessions?: boolean
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('make the database what it was at the time of a backup; no server may be using it')
    .argument('<file>', 'a file that `taskwell backup` wrote')
    .option('--force', 'replace accounts and tasks that are there')
    .option('--dry-run', 'check the file and the database, and change nothing')
    .option('--keep-sessions', 'people stay signed in, those too who had signed out since the backup')
    .action(async (file: string, options: RestoreOptions) => {
      const config = readConfig()
      const progress = showProgress()
      const settings = { database: config.database, file, progress: progress.show, ...options }
      const restored = await restoreBackup(settings).finally(progress.end)
      tell(config, restored, options)
    })
}

function tell(config: Config, { header, tally, kept }: Restored, { dryRun, keepSessions }: RestoreOptions): void {
  console.log(`the backup of ${header.createdAt} is whole: ${describeTally(tally)}`)
  if (header.secretMark !== null && header.secretMark !== mark(config)) {
    console.log(
      'it was made with another secret: bring back its auth-secret file, or its AUTH_SECRET, before the start',
    )
  }
  if (dryRun) return void console.log('nothing was changed')
  console.log('restored: devices will fetch everything anew')
  if (!keepSessions) console.log('everybody is signed out, and links in older mails no longer work')
  if (kept !== undefined) console.log(`the database that was there before is kept as ${kept}`)
}

function mark(config: Config): string | undefined {
  const secret = findSecret(config)
  return secret && markOf(secret)
}
