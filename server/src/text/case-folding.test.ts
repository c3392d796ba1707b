import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldCase } from './case-folding.ts'

const foldings = readFoldings(new URL('unicode-17-case-folding.txt', import.meta.url))

describe('case folding', () => {
  test('turns every letter that Unicode folds into what Unicode says', () => {
    const wrong = [...foldings].filter(([letter, folded]) => isAssigned(letter) && foldCase(letter) !== folded)

    expect(foldings.size).toBe(1_585)
    expect(wrong).toEqual([])
  })

  test.runIf(process.versions['unicode'] === '17.0')('leaves every other code point as it is', () => {
    const wrong: string[] = []
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const letter = String.fromCodePoint(code)
      if (!foldings.has(letter) && foldCase(letter) !== letter) wrong.push(code.toString(16))
    }

    expect(wrong).toEqual([])
  })

  test('takes each letter by itself, whatever stands beside it', () => {
    const letters = fc.constantFrom(...[...foldings].flat(), ...' .-ςσı\u0307\u0345ᏸꭰ\ud83d', 'ΑΣ', '👍')
    fc.assert(
      fc.property(fc.array(letters), (parts) => {
        const expected = Array.from(parts.join(''), (letter) => foldings.get(letter) ?? letter).join('')

        expect(foldCase(parts.join(''))).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
  })
})

function readFoldings(file: URL): Map<string, string> {
  const entries = readFileSync(file, 'utf8').replaceAll(/^#.*$/gm, '').trim().split(/\s+/)
  return new Map(
    entries.map((entry) => {
      const [letter = '', folded = ''] = entry.split('=')
      return [fromHex(letter), folded.split('+').map(fromHex).join('')]
    }),
  )
}

function fromHex(code: string): string {
  return String.fromCodePoint(Number.parseInt(code, 16))
}

/** An older runtime does not know the newest letters. */
function isAssigned(letter: string): boolean {
  return /\P{Cn}/u.test(letter)
}
