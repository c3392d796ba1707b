import type { Task } from '@taskwell/api'

const foldedTexts = new WeakMap<Task, string>()
/** Tasks that are made ready at once. */
const slice = 250

/** The words of a search as they are compared. */
export function searchWords(query: string): string[] {
  return foldText(query)
    .split(/\p{White_Space}+/u)
    .filter((word) => word !== '')
}

/** Whether every word occurs somewhere in title or notes. */
export function matches(task: Task, words: readonly string[]): boolean {
  if (words.length === 0) return true
  const text = foldedText(task)
  return words.every((word) => text.includes(word))
}

/** Makes ready what a search looks at, in slices so short that no frame is dropped, so that the first letter is not slow. */
export function prepareSearch(tasks: Iterable<Task>): void {
  const rest = tasks[Symbol.iterator]()
  const prepareSome = () => {
    for (let count = 0; count < slice; count++) {
      const { done, value } = rest.next()
      if (done) return
      foldedText(value)
    }
    setTimeout(prepareSome)
  }
  prepareSome()
}

function foldedText(task: Task): string {
  let text = foldedTexts.get(task)
  if (text === undefined) {
    text = foldText(`${task.title}\n${task.description ?? ''}`)
    foldedTexts.set(task, text)
  }
  return text
}

/** Without regard to case, accents and forms of letters, as the server searches. */
export function foldText(text: string): string {
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase()
  // Upper case first, since only so does `ß` become `ss`.
  return text
    .normalize('NFKD')
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .replace(/[\u0300-\u036f]+/g, '')
    .normalize('NFC')
}
