import { isIP } from 'node:net'
import { ConfigError } from './config-error.ts'

export function readUrl(name: string, value: string | undefined, protocols: readonly string[]): string | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url && url.hostname !== '' && protocols.includes(url.protocol)) return value
  throw new ConfigError(
    `${name} must begin with ${protocols.map((protocol) => `${protocol}//`).join(' or ')} and name a host`,
  )
}

export function readOrigin(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  const plain =
    url && !url.username && !url.password && !url.search && !url.hash && !value.includes('?') && !value.includes('#')
  if (!plain || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`${name} must be an origin such as https://tasks.example.org`)
  }
  if (url.pathname !== '/')
    throw new ConfigError(`${name} must be an origin without a path, such as https://tasks.example.org`)
  return url.origin
}

export function readList(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

export function readCidr(value: string): string {
  const [address = '', bits, ...rest] = value.split('/')
  const version = isIP(address)
  const widest = version === 6 ? 128 : 32
  const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= widest)
  if (version === 0 || !fits || rest.length > 0) {
    throw new ConfigError('TRUST_PROXY must list addresses or CIDRs of proxies, such as 10.0.0.0/8')
  }
  return value
}
