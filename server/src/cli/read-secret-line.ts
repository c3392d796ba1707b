import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'

/** Reads one line from standard input; on a terminal it asks first, and what is typed does not show. */
export async function readSecretLine(question: string): Promise<string> {
  const isTerminal = process.stdin.isTTY
  if (isTerminal) process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal })
  lines.on('SIGINT', () => process.exit(130))
  try {
    for await (const line of lines) return line
  } finally {
    lines.close()
    if (isTerminal) process.stderr.write('\n')
  }
  throw new Error('no password came: write it to standard input, in one line')
}
