import { checkBackups } from './check-backups.ts'
import { checkFolder } from './check-folder.ts'
import { checkMail } from './check-mail.ts'
import { checkRedis } from './check-redis.ts'
import { checkStore } from './check-store.ts'
import { checkTraces } from './check-traces.ts'
import { type Finding, findings, type Patient } from './finding.ts'

export { type Finding, findings } from './finding.ts'

const checks = [checkFolder, checkStore, checkBackups, checkMail, checkRedis, checkTraces]

/** Looks at everything an operator answers for. A check that fails itself is a finding, too. */
export async function* examine(patient: Patient): AsyncGenerator<Finding> {
  for (const { name, examine } of checks) {
    try {
      yield* await examine(patient)
    } catch (error) {
      yield findings(name).wrong(error instanceof Error ? error.message : String(error))
    }
  }
}
