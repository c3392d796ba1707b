/** A connection as a device has one, by hand: thousands of the official client would take more than the server. */
export interface Device {
  isOpen(): boolean
  close(): void
}

/** Opens them a few at a time, as they come after a restart. `hear` gets the name and the content of each event. */
export async function connectDevices(
  url: string,
  tokens: readonly string[],
  hear?: (name: string, content: unknown) => void,
): Promise<Device[]> {
  const devices: Device[] = []
  const atOnce = 100
  for (let first = 0; first < tokens.length; first += atOnce) {
    const opening = tokens.slice(first, first + atOnce).map((token) => connectDevice(url, token, hear))
    devices.push(...(await Promise.all(opening)))
  }
  return devices
}

/** Connects, and waits until the server is ready for it. */
function connectDevice(
  url: string,
  token: string,
  hear: (name: string, content: unknown) => void = () => {},
): Promise<Device> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`)
  return new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('A connection failed')))
    socket.addEventListener('close', () => reject(new Error('A connection was refused')))
    socket.addEventListener('message', ({ data }) => {
      const text = String(data)
      // Engine.IO: 0 opens, 2 asks for a sign of life, 4 is a message; of those Socket.IO's 0 connects, 2 is an event.
      if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`)
      else if (text === '2') socket.send('3')
      else if (text.startsWith('44')) reject(new Error(text))
      else if (text.startsWith('42')) {
        const [name, content]: [string, unknown] = JSON.parse(text.slice(2))
        if (name === 'ready')
          resolve({ isOpen: () => socket.readyState === WebSocket.OPEN, close: () => socket.close() })
        else hear(name, content)
      }
    })
  })
}
