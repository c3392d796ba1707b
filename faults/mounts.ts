import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { need } from './part.ts'

/** A file system of our own, for breaking it. */
export interface Mounted {
  readonly folder: string
  unmount(): void
  mountAgain(): void
  remove(): void
}

/** In memory, `megabytes` large. @throws {Impossible} */
export function mountMemory(megabytes: number): Mounted {
  const folder = makeFolder('disk')
  return mounted(folder, folder, () => run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder))
}

/** An ext4 in a file, so that its journal and caches are real. @throws {Impossible} */
export function mountExt4(megabytes: number): Mounted {
  const base = makeFolder('ext4')
  const image = join(base, 'image')
  const folder = join(base, 'mounted')
  run('mkdir', folder)
  run('truncate', '-s', `${megabytes}M`, image)
  return mounted(base, folder, (isFirst) => {
    if (isFirst) run('mkfs.ext4', '-q', image)
    run('mount', '-o', 'loop', image, folder)
  })
}

function mounted(base: string, folder: string, mount: (isFirst: boolean) => void): Mounted {
  try {
    mount(true)
  } catch (error) {
    rmSync(base, { recursive: true, force: true })
    throw error
  }
  let isMounted = true
  const unmount = (): void => {
    if (isMounted) run('umount', folder)
    isMounted = false
  }
  return {
    folder,
    unmount,
    mountAgain: () => {
      mount(false)
      isMounted = true
    },
    remove: () => {
      unmount()
      rmSync(base, { recursive: true, force: true })
    },
  }
}

function makeFolder(name: string): string {
  need(process.platform === 'linux' && process.getuid?.() === 0, 'mounting needs root on Linux')
  return mkdtempSync(join(tmpdir(), `taskwell-${name}-`))
}

/** @throws {Impossible} with what the program said */
function run(program: string, ...args: string[]): void {
  try {
    execFileSync(program, args, { stdio: 'pipe' })
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    need(false, `\`${program} ${args.join(' ')}\` failed here: ${said.trim()}`)
  }
}
