/** A wait that can be cut short. */
export interface Pause {
  /** In milliseconds. */
  lasting(time: number): Promise<void>
  untilWoken(): Promise<void>
  wake(): void
}

export function createPause(): Pause {
  let end: (() => void) | undefined
  const wait = (time?: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = time === undefined ? undefined : setTimeout(() => end?.(), time)
      end = () => {
        clearTimeout(timer)
        end = undefined
        resolve()
      }
    })
  return { lasting: (time) => wait(time), untilWoken: () => wait(), wake: () => end?.() }
}
