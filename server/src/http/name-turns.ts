/** Gives each name to one holder at a time, in this process; the others wait in order and hold nothing else meanwhile. */
export interface NameTurns {
  /** Answers what ends the turn; undefined when it has not come in time (milliseconds). */
  take(name: string, patience: number): Promise<(() => void) | undefined>
}

export function createNameTurns(): NameTurns {
  /** The waiters of each name that is held. */
  const queues = new Map<string, (() => void)[]>()

  function pass(name: string): void {
    const next = queues.get(name)?.shift()
    if (next) next()
    else queues.delete(name)
  }

  return {
    take: (name, patience) => {
      const queue = queues.get(name)
      if (!queue) {
        queues.set(name, [])
        return Promise.resolve(() => pass(name))
      }
      return new Promise((resolve) => {
        const begin = (): void => {
          clearTimeout(timer)
          resolve(() => pass(name))
        }
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(begin), 1)
          resolve(undefined)
        }, patience)
        queue.push(begin)
      })
    },
  }
}
