import { describe, expect, test } from 'vitest'
import { databases } from '../../test/databases.ts'
import { isCommonPassword } from './common-passwords.ts'
import { cookieOf, openAuth, password } from './test-auth.ts'

const common = [
  'password',
  '12345678',
  'iloveyou',
  'qwertyuiop',
  'Password1',
  'LETMEIN123',
  'trustno1',
  'taskwell',
  'Taskwell2026!',
]

test.each(common)('%s is common, whatever its case', async (word) => {
  for (const spelled of [word, word.toLowerCase(), word.toUpperCase()]) {
    expect(await isCommonPassword(spelled)).toBe(true)
  }
})

test.each([password, 'correcthorsebatterystaple', 'zażółć gęślą', '🔑🔑🔑🔑🔑🔑🔑🔑', ' password ', 'nine lives left'])(
  '%s is not',
  async (word) => {
    expect(await isCommonPassword(word)).toBe(false)
  },
)

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('a common password on %s', (database) => {
  test('is refused on every way to set one, and told why', async () => {
    const it = await openAuth(database)
    const told = { code: 'validation_failed', details: { errors: [{ path: '/body/password' }] } }
    await expect(it.register({ password: 'Password123' })).rejects.toMatchObject(told)
    const native = await it.native('/sign-up/email', { name: 'Ada', email: 'a@example.org', password: 'Password123' })
    expect(native.status).toBe(422)
    expect(await native.json()).toMatchObject({ code: 'PASSWORD_TOO_COMMON' })
    const { headers } = await it.register()
    const cookie = cookieOf(headers)
    const change = { currentPassword: password, newPassword: 'iloveyou1' }
    expect((await it.native('/change-password', change, { cookie })).status).toBe(422)
    await it.native('/request-password-reset', { email: 'ada@example.org' })
    const token = /reset-password\?token=(\S+)/.exec((await it.mails()).at(-1)?.text ?? '')?.[1] ?? ''
    expect((await it.native('/reset-password', { token, newPassword: 'iloveyou1' })).status).toBe(422)
    expect((await it.native('/reset-password', { token, newPassword: 'four random words here' })).status).toBe(200)
    await it.close()
  })
})
