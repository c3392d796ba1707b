import { expect, test } from 'vitest'
import { codeAt, matchingStep } from './totp.ts'

// RFC 6238, appendix B: the last six of the eight digits for SHA-1.
const secret = '12345678901234567890'
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const

test.each(vectors)('the code at second %i is %s', (second, code) => {
  expect(codeAt(secret, Math.floor(second / 30))).toBe(code)
})

test('a code counts in its own half minute and in those beside it', () => {
  const at = (offset: number) => matchingStep(secret, '005924', (1_234_567_890 + offset) * 1000)
  expect([at(-60), at(-30), at(0), at(29), at(30), at(60)]).toEqual([
    undefined,
    41_152_263,
    41_152_263,
    41_152_263,
    41_152_263,
    undefined,
  ])
  expect(matchingStep(secret, '', 1_234_567_890_000)).toBeUndefined()
})
