import { expect, test } from 'vitest'
import { remember } from './remember.ts'

test('what was made is kept until so many others were made after it', () => {
  const made: string[] = []
  const find = remember(2, (timeZone, key: number) => {
    made.push(`${timeZone} ${key}`)
    return { timeZone, key }
  })

  const first = find('UTC', 1)
  expect(find('UTC', 1)).toBe(first)
  find('Asia/Tokyo', 1)
  expect(find('UTC', 1)).toBe(first)
  find('UTC', 2)
  expect(find('UTC', 1)).not.toBe(first)
  expect(made).toEqual(['UTC 1', 'Asia/Tokyo 1', 'UTC 2', 'UTC 1'])
})
