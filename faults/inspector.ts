/** Looks into a Node process that was started with `--inspect`, past its program. */
export interface Inspector {
  /** What is left on the heap once everything that can go has gone, in bytes. */
  measureHeap(): Promise<number>
  close(): void
}

/** `output` is what the process has said, in which it names the address. */
export async function inspect(output: string): Promise<Inspector> {
  const [address] = /ws:\/\/\S+/.exec(output) ?? []
  if (address === undefined) throw new Error(`No inspector: ${output}`)
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', reject, { once: true })
  })
  const waiting = new Map<number, (result: unknown) => void>()
  let last = 0
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data))
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  function ask(method: string): Promise<unknown> {
    last += 1
    socket.send(JSON.stringify({ id: last, method }))
    return new Promise((resolve) => waiting.set(last, resolve))
  }
  return {
    measureHeap: async () => {
      // What the first collection finalizes, the second one frees.
      await ask('HeapProfiler.collectGarbage')
      await ask('HeapProfiler.collectGarbage')
      const usage = await ask('Runtime.getHeapUsage')
      if (typeof usage === 'object' && usage !== null && 'usedSize' in usage) return Number(usage.usedSize)
      throw new Error('The inspector did not tell the size of the heap')
    },
    close: () => socket.close(),
  }
}
