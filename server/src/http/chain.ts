/** A place in a chain, or in none. */
export interface Link<T> {
  readonly value: T
  chain: Chain<T> | undefined
  before: Link<T> | undefined
  after: Link<T> | undefined
}

export function createLink<T>(value: T): Link<T> {
  return { value, chain: undefined, before: undefined, after: undefined }
}

/**
 * Keeps the order in which its members came. A Set does so, too, but one whose members come and go makes its table anew
 * again and again, and V8 keeps each of these tables until it collects the whole heap.
 */
export class Chain<T> {
  size = 0
  first: Link<T> | undefined
  #last: Link<T> | undefined

  /** Takes it as the newest, from whatever chain it is in. */
  add(link: Link<T>): void {
    link.chain?.remove(link)
    link.chain = this
    link.before = this.#last
    if (this.#last) this.#last.after = link
    else this.first = link
    this.#last = link
    this.size += 1
  }

  remove(link: Link<T>): void {
    if (link.chain !== this) return
    const { before, after } = link
    if (before) before.after = after
    else this.first = after
    if (after) after.before = before
    else this.#last = before
    link.chain = link.before = link.after = undefined
    this.size -= 1
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let link = this.first; link; link = link.after) yield link.value
  }
}
