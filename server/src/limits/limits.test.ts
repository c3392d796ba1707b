import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { addressKey } from './address-key.ts'
import { createAttempts } from './attempts.ts'
import { mostKeys, openMemoryBudget } from './budget.ts'
import { createDeviceCookies } from './device-cookie.ts'
import { limitHeaders, type Meter } from './meter.ts'

const policy = { name: 'tries', quota: 3, window: 900 }

afterEach(() => {
  vi.useRealTimers()
})

describe('a budget', () => {
  test('is spent by what is taken, not by what is refused, and is there again after its time', async () => {
    vi.useFakeTimers()
    const budget = openMemoryBudget(policy)
    for (const remaining of [2, 1, 0]) expect(await budget.take('a')).toMatchObject({ remaining, reset: 900 })
    for (const _ of [1, 2, 3]) expect(await budget.take('a')).toBeUndefined()
    expect(await budget.take('b')).toMatchObject({ remaining: 2 })
    await budget.giveBack('a')
    expect(await budget.take('a')).toMatchObject({ remaining: 0 })
    vi.advanceTimersByTime(899_000)
    expect(await budget.take('a')).toBeUndefined()
    expect(await budget.look('a')).toEqual({ policy, remaining: 0, reset: 1 })
    vi.advanceTimersByTime(1_000)
    expect(await budget.look('a')).toEqual({ policy, remaining: 3, reset: 900 })
    expect(await budget.take('a')).toMatchObject({ remaining: 2 })
  })

  test('has no more than its quota, however much is given back', async () => {
    const budget = openMemoryBudget(policy)
    await budget.take('a')
    for (const _ of [1, 2, 3, 4]) await budget.giveBack('a')
    for (const _ of [1, 2, 3]) expect(await budget.take('a')).toBeDefined()
    expect(await budget.take('a')).toBeUndefined()
  })

  test('forgets the oldest in a flood of keys, and takes no more memory for them', async () => {
    const budget = openMemoryBudget(policy)
    for (const _ of [1, 2, 3]) await budget.take('first')
    await flood(budget, 'x', mostKeys)
    expect(await budget.take('first')).toMatchObject({ remaining: 2 })
    for (const _ of [1, 2, 3]) await budget.take('late')
    const before = usedMemory()
    await flood(budget, 'y', 2 * mostKeys)
    expect(usedMemory() - before).toBeLessThan(5 * 1024 * 1024)
    await budget.take('new')
    expect(await budget.take('new')).toMatchObject({ remaining: 1 })
  })

  async function flood(budget: ReturnType<typeof openMemoryBudget>, prefix: string, count: number): Promise<void> {
    for (let number = 0; number < count; number++) await budget.take(`${prefix}${number}`)
  }
})

/** What is still in use, in bytes. */
function usedMemory(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}

describe('attempts', () => {
  test('that are under way hold their place, and the next ones wait for them', async () => {
    const { begin } = createAttempts(openMemoryBudget({ ...policy, quota: 1 }))
    const meter: Meter = new Map()
    const first = await begin(meter, 'a')
    const second = begin(meter, 'a')
    const third = begin(meter, 'a')
    await first.forgive()
    const winner = await second
    winner.fail()
    await expect(third).rejects.toMatchObject({ code: 'rate_limited', details: { headers: { 'retry-after': '900' } } })
    await expect(begin(meter, 'a')).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(begin(meter, 'b')).resolves.toBeDefined()
  })

  test('that wait have an end', async () => {
    const { begin, isBusy } = createAttempts(openMemoryBudget({ ...policy, quota: 1 }))
    const first = await begin(new Map(), 'a')
    const waiting = Array.from({ length: 300 }, () =>
      begin(new Map(), 'a').then(
        () => 'in',
        () => 'refused',
      ),
    )
    expect(isBusy('a')).toBe(true)
    first.fail()
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['refused']))
    expect(isBusy('a')).toBe(false)
  })
})

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:FFFF:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002:ffff::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['', ''],
])('the address %s counts as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})

describe('the cookie of a device', () => {
  const secret = 'a secret of at least thirty-two characters'
  const devices = createDeviceCookies({ secret, isSecure: false })
  const sent = (setCookie: string): string => setCookie.split(';')[0] ?? ''
  const cookie = sent(devices.issue('Ada@example.org'))

  test('names the account that it was made for, and does not tell it', () => {
    const device = devices.read({ cookie: `a=b; ${cookie}; c=d` })
    expect(device && devices.isOf(device, 'ada@EXAMPLE.org')).toBe(true)
    expect(device && devices.isOf(device, 'eve@example.org')).toBe(false)
    expect(cookie).not.toMatch(/ada/i)
    expect(devices.read({ cookie: sent(devices.issue('ada@example.org')) })?.id).not.toBe(device?.id)
  })

  test('counts for nothing once a character of it is another, or another secret signed it', () => {
    const at = cookie.indexOf('=') + 1
    for (let place = at; place < cookie.length - 1; place++) {
      const changed = cookie[place] === 'A' ? 'B' : 'A'
      expect(devices.read({ cookie: cookie.slice(0, place) + changed + cookie.slice(place + 1) })).toBeUndefined()
    }
    expect(createDeviceCookies({ secret: `${secret}!`, isSecure: false }).read({ cookie })).toBeUndefined()
    expect(devices.read({ cookie: `x${cookie}` })).toBeUndefined()
    expect(devices.read({})).toBeUndefined()
  })

  test('is for https only where the server is', () => {
    const secure = createDeviceCookies({ secret, isSecure: true }).issue('ada@example.org')
    expect(secure).toMatch(/^__Secure-taskwell\.device=.*; HttpOnly; Secure; SameSite=Lax$/)
  })
})

test('the headers list every budget that was drawn on', () => {
  const other = { name: 'others', quota: 10, window: 60 }
  const meter: Meter = new Map([
    ['tries', { policy, remaining: 2, reset: 899 }],
    ['others', { policy: other, remaining: 0, reset: 1 }],
  ])
  expect(limitHeaders(meter)).toEqual({
    ratelimit: '"tries";r=2;t=899, "others";r=0;t=1',
    'ratelimit-policy': '"tries";q=3;w=900, "others";q=10;w=60',
  })
  expect(limitHeaders(new Map())).toEqual({})
})
