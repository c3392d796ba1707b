import pino, { type DestinationStream, type Logger } from 'pino'
import type { Config } from './config.ts'
import { createLineOutput, type LineOutput } from './line-output.ts'

/** JSON lines for machines; on a terminal, lines for people. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const options = { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const isText = (logFormat ?? (process.stdout.isTTY ? 'text' : 'json')) === 'text'
  const output = createLineOutput(1)
  process.once('exit', output.flush)
  return isText
    ? pino(options, { write: (line) => writeAtOnce(output, asText(line)) })
    : pino(options, collectLines(output))
}

/** The message of the lines that are collected, since writing costs more than the line. */
export const requestMessage = 'request'

/** Writes lines of requests in larger pieces; when the process is killed some may be lost. All others go out at once. */
function collectLines(output: LineOutput): DestinationStream {
  const lines = {
    // Has pino tell the message of each line.
    [Symbol.for('pino.metadata')]: true,
    lastMsg: '',
    write(line: string): void {
      output.add(line)
      if (lines.lastMsg !== requestMessage) output.flush()
    },
  }
  return lines
}

function writeAtOnce(output: LineOutput, line: string): void {
  output.add(line)
  output.flush()
}

const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
}

/** `09:30:00.123 info  request method=GET path=/health status=200` */
function asText(line: string): string {
  const { level, time, msg = '', err, ...rest }: Record<string, unknown> = JSON.parse(line)
  const details = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : ''
  const name = (levels[Number(level)] ?? '').padEnd(5)
  return `${String(time).slice(11, 23)} ${name} ${[String(msg), ...details].join(' ')}${stack}\n`
}
