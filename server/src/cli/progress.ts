import type { Tally } from '../database/copy/rows.ts'

/** Tells on stderr how far long work has come: a line that changes on a terminal, else a line now and then. */
export function showProgress(): { show(rows: number, table: string): void; end(): void } {
  const isTerminal = process.stderr.isTTY
  const every = isTerminal ? 200 : 10_000
  let told = performance.now()
  return {
    show: (rows, table) => {
      if (performance.now() - told < every) return
      told = performance.now()
      const line = `${rows.toLocaleString('en')} rows, now ${table}`
      process.stderr.write(isTerminal ? `\r\u001B[K${line}` : `${line}\n`)
    },
    end: () => {
      if (isTerminal) process.stderr.write('\r\u001B[K')
    },
  }
}

/** What a person wants to see at a glance. */
export function describeTally({ counts }: Tally): string {
  return `${counts['users'] ?? 0} accounts, ${counts['tasks'] ?? 0} tasks, ${counts['changes'] ?? 0} changes`
}
