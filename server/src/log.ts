import pino, { type Logger } from 'pino'
import type { Config } from './config.ts'

/** JSON lines for machines; on a terminal, lines for people. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const options = { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const isText = (logFormat ?? (process.stdout.isTTY ? 'text' : 'json')) === 'text'
  const output = openOutput()
  return pino(options, isText ? { write: (line) => void output.write(asText(line)) } : output)
}

/** Where nobody takes the lines, such as on a full disk, the first ones wait and the others are lost: nothing else fails. */
function openOutput(): ReturnType<typeof pino.destination> {
  return pino.destination({ fd: 1, sync: true, maxLength: 1024 * 1024 }).on('error', () => {})
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
