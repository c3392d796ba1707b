import { expect, test } from 'vitest'
import { createReplyCache } from './reply-cache.ts'

const reply = (length: number) => ({ etag: '"a"', headers: {}, body: Buffer.alloc(length) })

test('holds no more bytes than it may, and forgets what was used longest ago', () => {
  const cache = createReplyCache(1_000_000)
  // About 5,000 bytes each.
  for (let number = 0; number < 150; number += 1) cache.keep(`old ${number}`, reply(4000))
  for (let number = 0; number < 150; number += 1) {
    cache.find('old 0')
    cache.keep(`new ${number}`, reply(4000))
  }
  const kept = (age: string) =>
    Array.from({ length: 150 }, (_, number) => cache.find(`${age} ${number}`)).filter(Boolean)
  expect(kept('new')).toHaveLength(150)
  expect(kept('old').length).toBeGreaterThan(30)
  expect(kept('old').length).toBeLessThan(60)
  expect(cache.find('old 0')).toEqual(reply(4000))
})

test('counts a reply once that is kept again', () => {
  const cache = createReplyCache(1_000_000)
  cache.keep('first', reply(10))
  for (let number = 0; number < 1000; number += 1) cache.keep('second', reply(10))
  expect(cache.find('first')).toEqual(reply(10))
})

test('keeps nothing that would push most of the others out', () => {
  const cache = createReplyCache(1_000_000)
  cache.keep('large', reply(10_000))
  expect(cache.find('large')).toBeUndefined()
})
