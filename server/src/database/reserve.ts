import { existsSync, rmSync, statfsSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'

/** Room on the disk that is set aside, so that what makes room still works when the disk is full. */
export interface Reserve {
  /** Given back to the disk, and not yet taken again: whoever adds something would use it up. */
  isOut(): boolean
  /** Gives the room back to the disk. Answers whether there was any. */
  release(): boolean
  stop(): Promise<void>
}

/** For stores that are not on our disk. */
export const noReserve: Reserve = { isOut: () => false, release: () => false, stop: async () => {} }

const piece = 1024 * 1024
const pieces = 8
/** How often it is looked whether there is room again, in milliseconds. */
const every = 1_000

/** Takes the room beside the start, and again whenever the disk has twice as much. */
export function createReserve(folder: string): Reserve {
  const file = join(folder, 'reserve')
  const draft = `${file}.partial`
  let isOut = false
  let isStopped = false
  let taking: Promise<void> | undefined

  async function take(): Promise<void> {
    if (existsSync(file) || freeBytes(folder) < 2 * pieces * piece) return
    try {
      await fill(draft)
      await rename(draft, file)
    } catch {
      // Somebody else has used the room: there will be another time.
      await rm(draft, { force: true })
    }
  }

  function look(): void {
    if (isStopped || taking) return
    taking = take()
      .catch(() => {})
      .then(() => {
        isOut &&= !existsSync(file)
        taking = undefined
      })
  }

  look()
  const timer = setInterval(look, every)
  timer.unref()
  return {
    isOut: () => isOut,
    release: () => {
      if (!existsSync(file)) return false
      rmSync(file)
      isOut = true
      return true
    },
    stop: async () => {
      isStopped = true
      clearInterval(timer)
      await taking
    },
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/** Random bytes: a file system that compresses would set nothing aside for zeros. */
async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w', 0o600)
  try {
    const bytes = randomBytes(piece)
    for (let count = 0; count < pieces; count += 1) await handle.write(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
