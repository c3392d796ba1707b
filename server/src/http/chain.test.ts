import { expect, test } from 'vitest'
import { createChain, createLink } from './chain.ts'

test('a chain keeps its members in the order in which they came, whoever leaves', () => {
  const chain = createChain<string>()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(createLink)
  if (!a || !b || !c || !d) throw new Error('Links are missing')
  for (const link of [a, b, c, d]) chain.add(link)
  expect([...chain]).toEqual(['a', 'b', 'c', 'd'])
  // From the middle, the beginning and the end; twice does nothing.
  for (const link of [b, a, d, d]) chain.remove(link)
  expect([[...chain], chain.size(), chain.oldest()?.value]).toEqual([['c'], 1, 'c'])
  chain.add(a)
  chain.add(c)
  expect([[...chain], chain.size()]).toEqual([['a', 'c'], 2])
})

test('a link is in one chain at a time, and leaves no other one than its own', () => {
  const [one, other] = [createChain<string>(), createChain<string>()]
  const link = createLink('a')
  one.add(link)
  other.add(link)
  expect([[...one], [...other]]).toEqual([[], ['a']])
  one.remove(link)
  expect([one.size(), other.size(), link.chain]).toEqual([0, 1, other])
})
