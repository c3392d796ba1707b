import { foldCase } from './case-folding.ts'

/**
 * The form in which texts are searched and sorted: NFKD, full case folding, combining marks U+0300–U+036F
 * removed, NFC. Folding it again changes nothing. Of marks in a row only the first thirty count.
 */
export function foldText(text: string): string {
  if (/^\p{ASCII}*$/u.test(text)) return text.toLowerCase()
  const decomposed = withoutEndlessMarks(text).normalize('NFKD')
  return foldCase(decomposed)
    .replace(/[\u0300-\u036f]+/g, '')
    .normalize('NFC')
}

/** The folded words of a search, split at Unicode white space. A single sign may stand for several words. */
export function searchWords(query: string): string[] {
  return wordsIn(foldText(query))
}

/** How many words a search has as it was written, the same one each time it is there. */
export function countWords(query: string): number {
  return wordsIn(query).length
}

function wordsIn(text: string): string[] {
  return text.split(/\p{White_Space}+/u).filter((word) => word !== '')
}

/** By what a title sorts: its first 200 code points, folded. */
export function titleKey(title: string): string {
  return Array.from(foldText(title)).slice(0, 200).join('')
}

/**
 * Normalizing takes time in the square of the marks in a row, seconds for a large request of nothing else.
 * Thirty is Unicode's own limit for streams (UAX #15); the two letters are half-width kana that become marks.
 */
function withoutEndlessMarks(text: string): string {
  return text.replace(/(?<![\p{M}\uff9e\uff9f])([\p{M}\uff9e\uff9f]{30})[\p{M}\uff9e\uff9f]+/gu, '$1')
}
