import fc from 'fast-check'
import { expect, test } from 'vitest'
import { findRepeatedMember } from './repeated-members.ts'

test.each([
  ['{"a":1,"b":2,"a":3}', '/a'],
  ['{ "a" : 1 , "\\u0061" : 3 }', '/a'],
  ['{"list":[{"a":1},{"x":{"b":1,"b":1}}]}', '/list/1/x/b'],
  ['[[],[1,2,{"a/b~":0,"a/b~":0}]]', '/1/2/a~1b~0'],
  ['{"__proto__":1,"__proto__":2}', '/__proto__'],
  ['{"":1,"":2}', '/'],
])('of %s the member %s is repeated', (json, pointer) => {
  expect(findRepeatedMember(json)).toBe(pointer)
})

test.each([
  '{"a":"a","b":{"a":"\\"a\\":"}}',
  '[{"a":1},{"a":1}]',
  '{"a":{"a":{"a":[]}},"b":["a","a"]}',
  '"a"',
  '{"a":"{\\"b\\":1,\\"b\\":2}"}',
])('of %s none is', (json) => {
  expect(findRepeatedMember(json)).toBeUndefined()
})

test('no text that has each member once is said to have one twice', () => {
  fc.assert(
    fc.property(fc.json(), (json) => findRepeatedMember(JSON.stringify(JSON.parse(json), null, 1)) === undefined),
  )
})
