import { writeSync } from 'node:fs'

export interface LineOutput {
  /** Keeps the line for the next piece. */
  add(line: string): void
  /** Writes what is kept. */
  flush(): void
}

/** In bytes: a piece goes out once it is so long, or after so many milliseconds. */
const piece = 4096
const every = 200
/** Of what cannot be written, roughly in bytes. */
const mostWaiting = 1024 * 1024

/**
 * Writes lines in larger pieces. Where nobody takes them, such as on a full disk, the first ones wait and later ones are
 * lost: nothing waits for that, and nothing else fails.
 */
export function createLineOutput(handle: number): LineOutput {
  let lines = ''
  /** What an earlier attempt has left over; it may begin within a line. */
  let rest: Buffer = Buffer.alloc(0)
  let isStuck = false

  function flush(): void {
    const added = Buffer.from(lines)
    const bytes = rest.length > 0 ? Buffer.concat([rest, added]) : added
    let written = 0
    try {
      while (written < bytes.length) written += writeSync(handle, bytes, written)
    } catch {
      // It waits for the next attempt.
    }
    rest = bytes.subarray(written)
    isStuck = rest.length > 0
    lines = ''
  }

  setInterval(() => {
    if (lines !== '' || isStuck) flush()
  }, every).unref()
  return {
    add: (line) => {
      if (isStuck && rest.length + lines.length + line.length > mostWaiting) return
      lines += line
      if (lines.length >= piece && !isStuck) flush()
    },
    flush: () => {
      // The timer tries again, rather than each line.
      if (!isStuck) flush()
    },
  }
}
