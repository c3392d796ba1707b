import type { Connection } from './connection.ts'

const mostASecond = 20

/** Clients have nothing to say here: writes go over HTTP. */
export function limitInbound(socket: Connection): void {
  let heard = 0
  const counter = setInterval(() => void (heard = 0), 1_000)
  counter.unref()
  socket.on('disconnect', () => clearInterval(counter))
  socket.onAny(() => {
    heard += 1
    if (heard > mostASecond) socket.disconnect(true)
  })
}
