import type { Visit } from '../verb.ts'
import { addressKey } from './address-key.ts'
import { type Attempt, createAttempts } from './attempts.ts'
import type { Budget, OpenBudget } from './budget.ts'
import { createDeviceCookies } from './device-cookie.ts'
import { createDownloads } from './downloads.ts'
import type { Judge, Limits, LimitSettings } from './limits.ts'
import { limitReached, type Meter, note } from './meter.ts'

const minute = 60
const quarterHour = 15 * minute
const hour = 60 * minute

/** How many people behind one address may have lost their session at once, each with a busy program. */
const usersAnAddress = 5

export interface LimitOptions {
  readonly settings: LimitSettings
  /** Signs the cookies of devices. */
  readonly secret: string
  /** Whether cookies are for https only. */
  readonly isSecure: boolean
  readonly openBudget: OpenBudget
}

/** The walls around accounts, with their counts. */
export function createLimits({ settings, secret, isSecure, openBudget }: LimitOptions): Limits {
  const open = (name: string, quota: number, window: number): Budget => openBudget({ name, quota, window })
  const requests = { read: open('reads', settings.reads, minute), write: open('writes', settings.writes, minute) }
  const strangers = open('requests-address', settings.reads * usersAnAddress, minute)
  const mails = open('mails', settings.mails, hour)
  const loginsAddress = open('logins-address', settings.loginsAddress, quarterHour)
  const registrations = open('registrations', settings.registrations, hour)
  const attempts = {
    account: createAttempts(open('logins', settings.logins, quarterHour)),
    address: createAttempts(loginsAddress),
    registration: createAttempts(registrations),
  }
  const devices = createDeviceCookies({ secret, isSecure })

  async function beginSignIn(meter: Meter, { headers, ip }: Visit, email: string): Promise<Attempt[]> {
    const device = devices.read(headers)
    if (device && devices.isOf(device, email)) return [await attempts.account.begin(meter, `device ${device.id}`)]
    const ofAddress = await attempts.address.begin(meter, addressKey(ip))
    try {
      return [ofAddress, await attempts.account.begin(meter, `account ${email.toLowerCase()}`)]
    } catch (error) {
      await ofAddress.forgive()
      throw error
    }
  }

  return {
    countRequest: (meter, kind, userId) => draw(requests[kind], meter, userId),
    countStranger: (meter, address) => draw(strangers, meter, addressKey(address)),
    countMail: (meter, email) => draw(mails, meter, email.toLowerCase()),
    beginDownload: createDownloads(),
    mayMail: async (email) => (await mails.take(email.toLowerCase())) !== undefined,
    expectRoom: async (meter, kind, { headers, ip }) => {
      if (kind === 'login' && devices.read(headers)) return
      const standing = await (kind === 'login' ? loginsAddress : registrations).look(addressKey(ip))
      if (standing.remaining === 0 && !isUnderWay(kind, ip)) throw limitReached(meter, standing)
      note(meter, standing)
    },
    signIn: async (meter, { visit, email }, work, isWrong) =>
      settle(await beginSignIn(meter, visit, email), work, isWrong),
    confirm: async (meter, userId, work, isWrong) =>
      settle([await attempts.account.begin(meter, `user ${userId}`)], work, isWrong),
    register: async (meter, { ip }, work, counts) =>
      settle([await attempts.registration.begin(meter, addressKey(ip))], work, counts),
    deviceCookie: (email) => devices.issue(email),
  }

  /** What is held by attempts under way may come back: they are waited for later. */
  function isUnderWay(kind: 'login' | 'registration', ip: string): boolean {
    return (kind === 'login' ? attempts.address : attempts.registration).isBusy(addressKey(ip))
  }
}

async function draw(budget: Budget, meter: Meter, key: string): Promise<void> {
  const standing = await budget.take(key)
  if (!standing) throw limitReached(meter, await budget.look(key))
  note(meter, standing)
}

/** Does the work, and has the attempts count if it came to what they are counted for. */
async function settle<T>(attempts: readonly Attempt[], work: () => Promise<T>, counts: Judge): Promise<T> {
  const end = async (outcome: unknown): Promise<void> => {
    const isCounted = await counts(outcome)
    for (const attempt of attempts) await (isCounted ? attempt.fail() : attempt.forgive())
  }
  let result: T
  try {
    result = await work()
  } catch (error) {
    await end(error)
    throw error
  }
  await end(result)
  return result
}
