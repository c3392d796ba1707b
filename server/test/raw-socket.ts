import { connect } from 'node:net'

export interface RawReply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly text: string
}

/** Writes the bytes to the port and reads until the server hangs up. */
export function sendRaw(port: number, ...parts: readonly (string | Uint8Array)[]): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ port, host: '127.0.0.1' })
    socket.setTimeout(10_000, () => socket.destroy(new Error(`No reply: ${Buffer.concat(chunks).toString()}`)))
    socket.on('data', (chunk) => chunks.push(chunk))
    // A server that has answered may hang up before it has read all of the request.
    socket.on('error', (error) => (chunks.length > 0 ? undefined : reject(error)))
    socket.on('close', () =>
      chunks.length > 0 ? resolve(parse(Buffer.concat(chunks))) : reject(new Error('No reply')),
    )
    socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))))
  })
}

function parse(bytes: Buffer): RawReply {
  const whole = bytes.toString()
  const end = whole.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = whole.slice(0, end).split('\r\n')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers), text: whole.slice(end + 4) }
}
