import type { Task } from '@taskwell/api'

const foldedTexts = new WeakMap<Task, string>()

/** The words of a search as they are compared. */
export function searchWords(query: string): string[] {
  return foldText(query)
    .split(/\p{White_Space}+/u)
    .filter((word) => word !== '')
}

/** Whether every word occurs somewhere in title or notes. */
export function matches(task: Task, words: readonly string[]): boolean {
  if (words.length === 0) return true
  let text = foldedTexts.get(task)
  if (text === undefined) {
    text = foldText(`${task.title}\n${task.description ?? ''}`)
    foldedTexts.set(task, text)
  }
  return words.every((word) => text.includes(word))
}

/** Without regard to case, accents and forms of letters, as the server searches. */
export function foldText(text: string): string {
  // Upper case first, since only so does `ß` become `ss`.
  return text
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replace(/[\u0300-\u036f]+/g, '')
    .normalize('NFC')
}
