import { connect } from 'node:net'
import { attacks, paces } from './attacks.ts'

/** A process of its own: `node faults/attacker.ts ATTACK CONNECTIONS PORT TOKEN`. */
const [name = '', connections = '', port = '', token = ''] = process.argv.slice(2)
const attack = attacks[name]
if (!attack) throw new Error(`There is no attack ${name}`)

/** In milliseconds: about how long until a connection that the server has ended is opened anew, so that this is no mere flood. */
const rest = 10_000
/** Nobody wants it any more once whoever started it is gone. */
const { ppid: parent } = process
setInterval(() => void (process.ppid === parent || process.exit()), 1_000)

function begin(): void {
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  // Reads what comes, unless the attack is that it does not.
  socket.resume()
  socket.once('connect', () => attack?.(socket, token))
  socket.once('close', () => setTimeout(begin, rest * (0.5 + Math.random())))
}

const pace = paces[name] ?? 2
for (let number = 0; number < Number(connections); number += 1) setTimeout(begin, number * pace)
