import { useMemo, useSyncExternalStore } from 'react'
import { type Clock, readClock } from '../tasks/clock.ts'

const minute = 60_000

/** The clock of the user's zone; drawn anew every minute. */
export function useClock(timeZone: string): Clock {
  const now = useSyncExternalStore(subscribe, thisMinute)
  return useMemo(() => readClock(timeZone, now), [timeZone, now])
}

function subscribe(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>
  const wait = () => {
    timer = setTimeout(
      () => {
        listener()
        wait()
      },
      minute - (Date.now() % minute) + 20,
    )
  }
  wait()
  // Timers sleep along with the device.
  document.addEventListener('visibilitychange', listener)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', listener)
  }
}

function thisMinute(): number {
  const now = Date.now()
  return now - (now % minute)
}
