import { Command } from 'commander'
import { createBackup } from '../backup/index.ts'
import { readConfig } from '../config.ts'
import { findSecret, markOf } from '../secret.ts'
import { describeTally, showProgress } from './progress.ts'

interface BackupOptions {
  force?: boolean
}

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the whole database into one file, while the server runs')
    .argument('<file>', 'where to; its name appears once the copy is whole and has been read back')
    .option('--force', 'replace a file that is there')
    .action(async (file: string, { force = false }: BackupOptions) => {
      const config = readConfig()
      const secret = findSecret(config)
      const progress = showProgress()
      const tally = await createBackup({
        database: config.database,
        file,
        force,
        secretMark: secret && markOf(secret),
        progress: progress.show,
      }).finally(progress.end)
      console.log(`${file}: ${describeTally(tally)}, read back and whole`)
      console.log(
        config.authSecret === undefined
          ? `keep ${config.dataDir}/auth-secret with it, apart and safe: without it nobody with two-factor can sign in`
          : 'keep the value of AUTH_SECRET with it, apart and safe: without it nobody with two-factor can sign in',
      )
    })
}
