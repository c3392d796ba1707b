import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

const secret = 'a secret of at least thirty-two characters'
const postgres = 'postgres://taskwell:hunter2@db.internal:5432/taskwell'

describe('without any settings', () => {
  test('the server listens on this machine only, keeps all in ./data and lets people register', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 3000,
      baseUrl: undefined,
      dataDir: resolve('data'),
      database: { kind: 'sqlite', file: resolve('data/taskwell.db'), synchronous: 'full' },
      authSecret: undefined,
      emailVerification: 'optional',
      registration: 'open',
      corsOrigins: [],
      trustProxy: [],
      sessionsAUser: 50,
      logLevel: 'info',
      production: false,
      withoutEffect: [],
    })
  })

  test.each(['', ' ', '\t\n'])('a variable that holds %j counts as unset', (blank) => {
    const names = `HOST PORT BASE_URL DATA_DIR DATABASE_URL AUTH_SECRET EMAIL_VERIFICATION REGISTRATION CORS_ORIGINS
      TRUST_PROXY LOG_LEVEL SQLITE_SYNCHRONOUS NODE_ENV`.split(/\s+/)
    expect(readConfig(Object.fromEntries(names.map((name) => [name, blank])))).toEqual(readConfig({}))
  })
})

describe('a good value', () => {
  test.each([
    ['PORT', '0', { port: 0 }],
    ['PORT', '65535', { port: 65_535 }],
    ['PORT', ' 8080 ', { port: 8080 }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', '::', { host: '::' }],
    ['BASE_URL', 'https://tasks.example.org', { baseUrl: 'https://tasks.example.org' }],
    ['BASE_URL', 'https://tasks.example.org/', { baseUrl: 'https://tasks.example.org' }],
    ['BASE_URL', 'HTTPS://Tasks.Example.ORG:443', { baseUrl: 'https://tasks.example.org' }],
    ['BASE_URL', 'http://[::1]:8080', { baseUrl: 'http://[::1]:8080' }],
    ['AUTH_SECRET', 'x'.repeat(32), { authSecret: 'x'.repeat(32) }],
    ['EMAIL_VERIFICATION', 'required', { emailVerification: 'required' }],
    ['EMAIL_VERIFICATION', 'optional', { emailVerification: 'optional' }],
    ['REGISTRATION', 'closed', { registration: 'closed' }],
    ['REGISTRATION', 'open', { registration: 'open' }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    ['LOG_LEVEL', 'trace', { logLevel: 'trace' }],
    ['NODE_ENV', 'production', { production: true }],
    ['NODE_ENV', 'development', { production: false }],
    ['TRUST_PROXY', '10.0.0.0/8, 192.168.1.1', { trustProxy: ['10.0.0.0/8', '192.168.1.1'] }],
    ['TRUST_PROXY', '::1,fd00::/8,2001:db8::/128', { trustProxy: ['::1', 'fd00::/8', '2001:db8::/128'] }],
    ['TRUST_PROXY', '::ffff:10.0.0.0/104', { trustProxy: ['::ffff:10.0.0.0/104'] }],
    ['CORS_ORIGINS', 'https://a.example', { corsOrigins: ['https://a.example'] }],
    [
      'CORS_ORIGINS',
      ' https://a.example/ ,, http://B.example:8080,',
      { corsOrigins: ['https://a.example', 'http://b.example:8080'] },
    ],
  ])('of %s, %j, is read', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toEqual({ ...readConfig({}), ...expected })
  })

  test('of DATA_DIR moves the embedded database along', () => {
    expect(readConfig({ DATA_DIR: '/srv/tasks/../taskwell' })).toMatchObject({
      dataDir: '/srv/taskwell',
      database: { kind: 'sqlite', file: '/srv/taskwell/taskwell.db' },
    })
    expect(readConfig({ DATA_DIR: 'elsewhere' }).dataDir).toBe(join(process.cwd(), 'elsewhere'))
  })

  test.each([
    ['file:/srv/tasks.db', '/srv/tasks.db'],
    ['file:///srv/tasks.db', '/srv/tasks.db'],
    ['file:tasks.db', resolve('tasks.db')],
    ['file:./folder/my tasks.db', resolve('folder/my tasks.db')],
  ])('of DATABASE_URL, %j, is a SQLite file', (url, file) => {
    expect(readConfig({ DATABASE_URL: url }).database).toEqual({ kind: 'sqlite', file, synchronous: 'full' })
  })

  test.each([postgres, postgres.replace('postgres:', 'postgresql:')])(
    'of DATABASE_URL, %j, is a PostgreSQL server',
    (url) => {
      expect(readConfig({ DATABASE_URL: url }).database).toEqual({ kind: 'postgres', url })
    },
  )

  test.each(['full', 'normal'])('of SQLITE_SYNCHRONOUS, %j, is how durable commits are', (synchronous) => {
    expect(readConfig({ SQLITE_SYNCHRONOUS: synchronous }).database).toMatchObject({ synchronous })
  })
})

const bad: [name: string, values: string[]][] = [
  ['PORT', ['65536', '-1', '3000.5', '3e3', '0x50', 'http', '999999', '80 81']],
  ['BASE_URL', ['tasks.example.org', 'https://', 'ftp://tasks.example.org', 'file:///srv', '//tasks.example.org']],
  ['BASE_URL', ['https://tasks.example.org/tasks', 'https://tasks.example.org/?a=1', 'https://tasks.example.org/#top']],
  ['BASE_URL', ['https://tasks.example.org?', 'https://tasks.example.org#', 'https://ada:hunter2@tasks.example.org']],
  ['BASE_URL', ['https://a.example, https://b.example', 'https://tasks.example.org:99999', 'javascript:alert(1)']],
  [
    'DATABASE_URL',
    ['mysql://root:hunter2@db/tasks', '/srv/tasks.db', 'tasks.db', 'file:', 'postgres:tasks', 'sqlite:x'],
  ],
  ['DATABASE_URL', ['postgres://user:hunter2@db:port/x', 'postgres://[bad/x']],
  ['AUTH_SECRET', ['x'.repeat(31), 'hunter2']],
  ['EMAIL_VERIFICATION', ['yes', 'Required', 'true']],
  ['REGISTRATION', ['Closed', 'invite-me', 'false']],
  ['LOG_LEVEL', ['verbose', 'INFO', '30']],
  ['SQLITE_SYNCHRONOUS', ['off', 'extra', '0', 'FULL']],
  [
    'CORS_ORIGINS',
    ['*', 'null', 'a.example', 'https://a.example/path', 'https://a.example,*', 'https://*.a.example/x'],
  ],
  [
    'TRUST_PROXY',
    ['true', '*', '1', 'loopback', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0/8', '10.0.0.0/-1'],
  ],
  ['TRUST_PROXY', ['fd00::/129', 'fd00::/x', '[::1]', '::1::', 'fd00::/8,proxy.internal', '10.0.0.0/255.0.0.0']],
]

describe.each(bad)('a value that %s cannot have', (name, values) => {
  test.each(values)('is refused, by a message with that name and without the value: %j', (value) => {
    const { message } = refusal({ [name]: value })
    expect(message).toContain(name)
    expect(message).not.toContain('hunter2')
    expect(message).not.toContain('\n')
    expect(message).toBe(refusal({ [name]: anotherBad(name, value) }).message)
  })
})

test('no message tells anything of a value', () => {
  const names = [...new Set(bad.map(([name]) => name))]
  // Begins like a proper value of some variable, so that every check gets its share.
  const starts = ['', 'postgres://ada:', 'file', 'https://', 'https://a.example/', '10.0.0.0/', 'fd00::/', '3', 'full']
  const value = fc
    .tuple(fc.constantFrom(...starts), fc.stringMatching(/^[0-9a-f]{12}$/), fc.string({ maxLength: 8 }))
    .map(([start, marker, rest]) => ({ text: `${start}§${marker}${rest}`, marker }))
  fc.assert(
    fc.property(fc.constantFrom(...names), value, (name, { text, marker }) => {
      try {
        readConfig({ [name]: text })
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
        expect(String(error)).toContain(name)
        expect(String(error)).not.toContain(marker)
      }
    }),
    { numRuns: 2000 },
  )
})

describe('PostgreSQL in production', () => {
  test('needs a secret that all processes share', () => {
    const { message } = refusal({ NODE_ENV: 'production', DATABASE_URL: postgres })
    expect(message).toContain('AUTH_SECRET')
    expect(message).not.toContain('hunter2')
    expect(readConfig({ NODE_ENV: 'production', DATABASE_URL: postgres, AUTH_SECRET: secret })).toMatchObject({
      production: true,
      authSecret: secret,
    })
  })

  test('asks for it even when it is set to nothing', () => {
    expect(refusal({ NODE_ENV: 'production', DATABASE_URL: postgres, AUTH_SECRET: ' ' }).message).toContain(
      'AUTH_SECRET',
    )
  })

  test('is the only case that does', () => {
    expect(readConfig({ NODE_ENV: 'production' }).authSecret).toBeUndefined()
    expect(readConfig({ DATABASE_URL: postgres }).authSecret).toBeUndefined()
  })
})

// The web framework refuses it later, with the value. Drop `fails` with the repair.
test.each(['0.0.0.0/0', '::/0'])('all addresses as proxies, %j, are refused', (cidr) => {
  expect(refusal({ TRUST_PROXY: cidr }).message).toContain('TRUST_PROXY')
})

test('a path in BASE_URL or CORS_ORIGINS is named as the reason', () => {
  expect(refusal({ BASE_URL: 'https://a.example/tasks' }).message).toMatch(/BASE_URL.*without a path/)
  expect(refusal({ CORS_ORIGINS: 'https://a.example/tasks' }).message).toMatch(/CORS_ORIGINS.*without a path/)
})

function refusal(environment: Record<string, string>): ConfigError {
  try {
    readConfig(environment)
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('The settings were accepted')
}

/** A different value of the same kind of wrong: if both give one message, it tells nothing of either. */
function anotherBad(name: string, value: string): string {
  const isPath = /^https?:\/\/[^/?#@,*]*\/[a-z]/.test(value) || value.startsWith('https://*.')
  if (name === 'BASE_URL' || name === 'CORS_ORIGINS') return isPath ? 'https://b.example/other' : 'neither this'
  return name === 'AUTH_SECRET' ? 'short' : 'neither this'
}

describe('settings of later versions', () => {
  test.each([
    ['SMTP_URL', { SMTP_URL: 'http://mail.example', MAIL_FROM: 'a@example.org' }],
    ['MAIL_FROM', { SMTP_URL: 'smtp://mail.example' }],
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }],
    ['LIMITS', { LIMITS: 'maybe' }],
    ['METRICS', { METRICS: 'yes' }],
    ['LIMIT_READS', { LIMIT_READS: '0' }],
    ['LIMIT_LOGINS_IP', { LIMIT_LOGINS_IP: 'many' }],
  ])('%s is judged like the others', (name, environment) => {
    expect(() => readConfig(environment)).toThrow(name)
  })

  test('are named when they are set', () => {
    expect(readConfig({ LIMITS: 'off', REDIS_URL: 'redis://127.0.0.1' }).withoutEffect).toEqual(['REDIS_URL', 'LIMITS'])
    expect(readConfig({}).withoutEffect).toEqual([])
  })

  test('a mail server makes verification the default', () => {
    const mail = { SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'a@example.org' }
    expect(readConfig(mail).emailVerification).toBe('required')
    expect(readConfig({ ...mail, EMAIL_VERIFICATION: 'optional' }).emailVerification).toBe('optional')
  })
})
