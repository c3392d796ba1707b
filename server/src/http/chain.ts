/** A member's place in a chain, or in none. */
export interface Link<T> {
  readonly value: T
  chain: Chain<T> | undefined
  before: Link<T> | undefined
  after: Link<T> | undefined
}

/**
 * Keeps the order in which its members came. A Set does so, too, but one whose members come and go makes its table anew
 * again and again, and V8 keeps each of these tables until it collects the whole heap.
 */
export interface Chain<T> extends Iterable<T> {
  /** Takes it as the newest, from whatever chain it is in. */
  add(link: Link<T>): void
  /** Does nothing when it is not in this chain. */
  remove(link: Link<T>): void
  size(): number
  oldest(): Link<T> | undefined
}

export function createLink<T>(value: T): Link<T> {
  return { value, chain: undefined, before: undefined, after: undefined }
}

export function createChain<T>(): Chain<T> {
  let first: Link<T> | undefined
  let last: Link<T> | undefined
  let size = 0
  const chain: Chain<T> = {
    add: (link) => {
      link.chain?.remove(link)
      link.chain = chain
      link.before = last
      if (last) last.after = link
      else first = link
      last = link
      size += 1
    },
    remove: (link) => {
      if (link.chain !== chain) return
      const { before, after } = link
      if (before) before.after = after
      else first = after
      if (after) after.before = before
      else last = before
      link.chain = link.before = link.after = undefined
      size -= 1
    },
    size: () => size,
    oldest: () => first,
    *[Symbol.iterator]() {
      for (let link = first; link; link = link.after) yield link.value
    },
  }
  return chain
}
