import { isIP } from 'node:net'

/**
 * What an address counts as: an IPv6 address as its network of 64 bits, of which one subscriber has them all; an IPv4
 * address written as IPv6 as what it is.
 */
export function addressKey(address: string): string {
  const plain = address.split('%')[0] ?? ''
  if (isIP(plain) !== 6) return plain
  const groups = groupsOf(plain)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return mappedAddress(groups)
  const network = groups.slice(0, 4).map((group) => group.toString(16))
  return `${network.join(':')}::/64`
}

function groupsOf(address: string): number[] {
  const [before = '', after] = withoutDots(address).split('::')
  const [first, last] = [readGroups(before), readGroups(after ?? '')]
  const missing = after === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array.from({ length: missing }, () => 0), ...last]
}

function readGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

/** The last 32 bits may be written as an IPv4 address. */
function withoutDots(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...[a, b, c, d]: string[]) => {
    return `${hex(Number(a) * 256 + Number(b))}:${hex(Number(c) * 256 + Number(d))}`
  })
}

function hex(group: number): string {
  return group.toString(16)
}

function mappedAddress([, , , , , , high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
