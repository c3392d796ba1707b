import { createClient, createMemoryStorage } from '@taskwell/api'

/**
 * Two devices of one user, one of them offline for a while. Run it against a server:
 * `TASKWELL_URL=http://localhost:3000 TASKWELL_TOKEN=… node examples/sync.ts`
 */
const baseUrl = process.env['TASKWELL_URL'] ?? 'http://localhost:3000'
const token = (): string | undefined => process.env['TASKWELL_TOKEN']

let isOnline = false
const storage = createMemoryStorage()
const phone = createClient({
  baseUrl,
  token,
  fetch: (input, init) => (isOnline ? fetch(input, init) : Promise.reject(new TypeError('no network'))),
}).sync({ storage })
const laptop = createClient({ baseUrl, token }).sync()

// Shown at once, and kept until the server has it.
const write = phone.createTask({ title: 'Water the plants', priority: 'high' })
const [id = ''] = write.taskIds
console.log('phone:', phone.getSnapshot().tasks.get(id)?.title, '· waiting:', phone.getSnapshot().pending)

// The laptop hears of it as soon as the phone is online.
const arrived = new Promise<void>((resolve) => {
  const stop = laptop.subscribe(() => {
    if (!laptop.getSnapshot().tasks.has(id)) return
    stop()
    resolve()
  })
})
isOnline = true
phone.reconnect()
const outcome = await write.settled
console.log('server:', outcome.status)
await arrived
console.log('laptop:', laptop.getSnapshot().tasks.get(id)?.title)

// Taken back by the server, unless somebody has changed the task since.
await phone.undo(write.id)?.settled
console.log('phone: in the bin', phone.getSnapshot().tasks.get(id)?.deletedAt !== null)

await Promise.all([phone.close(), laptop.close()])
