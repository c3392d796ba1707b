import { Command } from 'commander'
import { type Config, readConfig } from '../config.ts'
import { examine, type Finding, findings } from '../doctor/index.ts'

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'look at settings, folders, database, backups, mail, redis and collector, and say what to do; changes nothing',
    )
    .option('--json', 'one JSON array')
    .action(async ({ json = false }: { json?: boolean }) => {
      const found: Finding[] = []
      for await (const finding of diagnose()) {
        found.push(finding)
        if (!json) console.log(`${marks[finding.level]} ${finding.check}: ${finding.message}`)
      }
      if (json) console.log(JSON.stringify(found, null, 2))
      if (found.some(({ level }) => level === 'wrong')) process.exitCode = 1
    })
}

const marks = { ok: 'ok     ', warning: 'note   ', wrong: 'WRONG  ' }

async function* diagnose(): AsyncGenerator<Finding> {
  const { ok, wrong } = findings('settings')
  let config: Config
  try {
    config = readConfig()
  } catch (error) {
    yield wrong(error instanceof Error ? error.message : String(error))
    return
  }
  yield ok('all can be used')
  yield* examine({ config, now: new Date() })
}
