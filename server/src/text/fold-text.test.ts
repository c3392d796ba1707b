import naughtyStrings from 'big-list-of-naughty-strings' with { type: 'json' }
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldText, isLegalText, searchWords, titleKey } from './index.ts'

describe('folded text', () => {
  test.each([
    ['English', 'Buy MILK', 'buy milk'],
    ['German', 'STRAẞE, Straße und Ärger', 'strasse, strasse und arger'],
    ['Turkish', 'İstanbul ISPARTA ısı', 'istanbul isparta ısı'],
    ['Greek', 'ὈΔΥΣΣΕΎΣ, Ὀδυσσεύς ᾳ', 'οδυσσευσ, οδυσσευσ αι'],
    ['Vietnamese', 'TIẾNG VIỆT, Đường', 'tieng viet, đuong'],
    ['French', 'Œuvre ÉLÈVE élève', 'œuvre eleve eleve'],
    ['Russian', 'ЁЛКА Йод', 'елка иод'],
    ['Hangul', '\u1112\u1161\u11ab글', '한글'],
    ['half-width and voiced kana', 'ﾊﾟﾋﾟ が', 'パピ が'],
    ['Arabic', 'ﷺ مُحَمَّد', 'صلى الله عليه وسلم مُحَمَّد'],
    ['Hebrew', 'שָׁלוֹם', 'שָׁלוֹם'],
    ['Devanagari', 'क़लम हिन्दी', 'क़लम हिन्दी'.normalize('NFC')],
    ['Chinese', '買牛奶 ＡＢＣ１２３', '買牛奶 abc123'],
    ['Cherokee', 'ᏣᎳᎩ ꮳꮃꭹ', 'ᏣᎳᎩ ᏣᎳᎩ'],
    ['emoji', '👩‍👩‍👧 ❤️ 🇩🇪 Ⓜ️', '👩‍👩‍👧 ❤️ 🇩🇪 m️'],
    ['ligatures and symbols', 'ﬃ ™ ½ ŉ ǰ ℌ Å', 'ffi tm 1⁄2 ʼn j h a'],
  ])('ignores case, width and accents in %s', (_, text, folded) => {
    expect(foldText(text)).toBe(folded)
  })

  test('is the same for every way in which Unicode writes a text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) expect(foldText(text.normalize(form))).toBe(foldText(text))
      }),
      { numRuns: 2_000 },
    )
  })

  test('stays as it is when folded again, for every code point', () => {
    const changed: string[] = []
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const letter = String.fromCodePoint(code)
      const folded = foldText(letter)
      if (folded !== letter && foldText(folded) !== folded) changed.push(code.toString(16))
    }

    expect(changed).toEqual([])
  })

  test('stays as it is when folded again, for any text', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(foldText(foldText(text))).toBe(foldText(text))
      }),
      { numRuns: 5_000 },
    )
  })

  test('has no marks U+0300–U+036F left, be they composed or not', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(foldText(text).normalize('NFD')).not.toMatch(/[\u0300-\u036f]/)
      }),
    )
  })

  test.each([
    'a',
    'É',
    'İ',
    'ı',
    'ß',
    'Σ',
    'Ꮳa',
    '각',
    '買',
    '👍',
    'ﷺ',
    '\ud83d',
    'مُحَمَّد ',
    'a\u0301\u0323',
    '\u0301\u0323',
    '\u0591\u05b0',
    '\uff9e\u05b0',
    '\u0301\u034f\u0323',
  ])('takes no longer than its length asks for, even if it is nothing but %j', (piece) => {
    const text = piece.repeat(20_000 / piece.length)
    const times = Array.from({ length: 5 }, () => {
      const begun = performance.now()
      foldText(text)
      return performance.now() - begun
    })

    expect(Math.min(...times)).toBeLessThan(60)
  })

  test('keeps thirty marks of a letter, which is more than anybody writes', () => {
    expect(foldText(`ш${'\u05b0'.repeat(30)}`)).toBe(`ш${'\u05b0'.repeat(30)}`)
    expect(foldText(`ш${'\u05b0'.repeat(31)}Я`)).toBe(`ш${'\u05b0'.repeat(30)}я`)
  })
})

describe('the words of a search', () => {
  test('are split at any white space and folded', () => {
    expect(searchWords('  Größe\u00a0GRÖSSE\tmilk\u3000Milk\u2028tea\u0085x\r\ny ')).toEqual([
      'grosse',
      'grosse',
      'milk',
      'milk',
      'tea',
      'x',
      'y',
    ])
    expect(searchWords('zero\u200bwidth bom\ufeffbom')).toEqual(['zero\u200bwidth', 'bom\ufeffbom'])
  })

  test.each(['', ' ', '\u3000\u2003\n', '\u0301', '´ ¨'])('are none in %j', (query) => {
    expect(searchWords(query)).toEqual([])
  })

  test('are found in a text of which they were words', () => {
    const words = fc.array(anyText(), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(words, (texts) => {
        const folded = foldText(texts.join(' '))
        for (const word of searchWords(texts.join(' '))) expect(folded).toContain(word)
      }),
    )
  })
})

describe('the key by which a title sorts', () => {
  test('is its first 200 code points, folded', () => {
    expect(titleKey('Émile')).toBe('emile')
    expect(titleKey(`${'👍'.repeat(200)}x`)).toBe('👍'.repeat(200))
    expect(titleKey('ß'.repeat(150))).toBe('s'.repeat(200))
    expect(titleKey('e\u0301'.repeat(200))).toBe('e'.repeat(200))
  })
})

describe('legal text', () => {
  test.each(['', 'plain', 'a\nb\t', '👍🏽', '\uffff\ufffe', '\u0001', '\ufeff'])('can be %j', (text) => {
    expect(isLegalText(text)).toBe(true)
  })

  test.each(['\0', 'a\0b', '\ud83d', '\udc4d', 'x\udc4d\ud83dy'])('cannot be %j', (text) => {
    expect(isLegalText(text)).toBe(false)
  })
})

test('no naughty string is thrown at', () => {
  expect(naughtyStrings.length).toBeGreaterThan(400)
  for (const text of naughtyStrings) {
    expect(foldText(foldText(text))).toBe(foldText(text))
    for (const word of searchWords(text)) expect(foldText(text)).toContain(word)
    expect(foldText(text).startsWith(titleKey(text))).toBe(true)
    expect(isLegalText(text)).toBe(true)
  }
})

/** Any code points, half of them those on which folding has something to do, lone surrogates included. */
function anyText(): fc.Arbitrary<string> {
  const special = fc.constantFrom(...'AaÄßẞςΣσıIİǰŉΐᾳᾼΏꭰᎠᏸﬃ각가\u1100\u1161\u11a8がかパ\u3099क़\u093c')
  const marks = fc.constantFrom(
    ...'\u0300\u0301\u0307\u0315\u0323\u0344\u0345\u05b0\u0651\u0654\u20d0\u302a\u1dc0\u0f71\u0f72',
  )
  const unit = fc.oneof(
    special,
    marks,
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constant('\ud83d'),
  )
  return fc.array(unit).map((units) => units.join(''))
}
