import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { Refusal } from '../errors.ts'

const near = new BlockList()
near.addSubnet('127.0.0.0', 8)
near.addSubnet('10.0.0.0', 8)
near.addSubnet('172.16.0.0', 12)
near.addSubnet('192.168.0.0', 16)
near.addAddress('::1', 'ipv6')
near.addSubnet('fc00::', 7, 'ipv6')
near.addSubnet('fe80::', 10, 'ipv6')

export interface MetricsGuard {
  readonly token: string | undefined
  /** Whether the address of a request is the client's own, behind a proxy, too. */
  readonly trustsProxy: boolean
}

/**
 * Lets in who shows the token; where there is none, who is on this machine or a private network.
 * @throws to others, who are not told that there is anything to read
 */
export function refuseStrangers(request: FastifyRequest, { token, trustsProxy }: MetricsGuard): void {
  if (token !== undefined) {
    if (isSame(request.headers.authorization ?? '', `Bearer ${token}`)) return
    throw new Refusal('unauthenticated', { detail: 'Send METRICS_TOKEN as bearer token.' })
  }
  // A proxy that is not named in TRUST_PROXY stands there with its own address for everybody.
  const isForwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip'].some((name) => request.headers[name] !== undefined)
  const isNear = near.check(request.ip, isIPv6(request.ip) ? 'ipv6' : 'ipv4')
  if (!isNear || (isForwarded && !trustsProxy)) throw new Refusal('not_found', { detail: 'There is no such address.' })
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
