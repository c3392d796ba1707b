import type { Connection } from './connection.ts'

const mostASecond = 20

/** Clients have nothing to say here: writes go over HTTP. Thousands of connections have no timer each for it. */
export function limitInbound(socket: Connection): void {
  let heard = 0
  let since = performance.now()
  socket.onAny(() => {
    const now = performance.now()
    if (now - since > 1_000) [heard, since] = [0, now]
    heard += 1
    if (heard > mostASecond) socket.disconnect(true)
  })
}
