import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLineOutput } from './line-output.ts'

/** A pipe that takes 64 KiB and then refuses, until it is read. */
function openPipe(): { handle: number; read(): Buffer; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'taskwell-lines-'))
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const handle = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const bytes = Buffer.alloc(2 * 1024 * 1024)
  return {
    handle,
    read: () => Buffer.from(bytes.subarray(0, readSync(handle, bytes))),
    close: () => {
      closeSync(handle)
      rmSync(folder, { recursive: true })
    },
  }
}

test('lines that nobody takes wait, a megabyte of them, and go out whole once they are taken', async () => {
  const pipe = openPipe()
  const output = createLineOutput(pipe.handle)
  const line = (number: number): string => `${String(number).padStart(6)} ${'é'.repeat(46)}\n`
  for (let number = 0; number < 40_000; number += 1) {
    output.add(line(number))
    output.flush()
  }
  let taken: Buffer = Buffer.alloc(0)
  await expect
    .poll(
      () => {
        taken = Buffer.concat([taken, pipe.read()])
        output.add('the last line\n')
        output.flush()
        return taken.subarray(-100).toString().endsWith('the last line\n')
      },
      { timeout: 20_000 },
    )
    .toBe(true)
  const lines = taken
    .toString()
    .split('\n')
    .filter((one) => /^ *\d/.test(one))
  expect(lines.length).toBeGreaterThan(6_000)
  expect(lines.length).toBeLessThan(40_000)
  expect(lines.map((one) => `${one}\n`)).toEqual(lines.map((_, number) => line(number)))
  pipe.close()
})

test('a program whose log is on a full disk goes on, and ends', () => {
  const full = openSync('/dev/full', 'w')
  const program = `
    const { createLog } = await import(${JSON.stringify(join(import.meta.dirname, 'log.ts'))})
    const log = createLog({ logLevel: 'info', logFormat: process.argv[1] })
    log.info('request')
    log.warn('The disk is full')
    console.error('went on')`
  for (const format of ['text', 'json']) {
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program, format], {
      stdio: ['ignore', full, 'pipe'],
      timeout: 30_000,
      encoding: 'utf8',
    })
    expect([ended.status, ended.stderr]).toEqual([0, expect.stringContaining('went on')])
  }
  closeSync(full)
})
