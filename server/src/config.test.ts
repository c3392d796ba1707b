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
      smtp: undefined,
      emailVerification: 'optional',
      registration: 'open',
      corsOrigins: [],
      trustProxy: [],
      backups: undefined,
      allowUnsafePostgres: false,
      redisUrl: undefined,
      metrics: false,
      metricsToken: undefined,
      traces: undefined,
      logFormat: undefined,
      sessionsAUser: 50,
      limits: {
        reads: 600,
        writes: 240,
        logins: 10,
        loginsAddress: 30,
        registrations: 10,
        mails: 3,
        sockets: 20,
        tasks: 250_000,
      },
      logLevel: 'info',
      production: false,
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
    ['METRICS', 'on', { metrics: true }],
    ['METRICS_TOKEN', 'x'.repeat(16), { metricsToken: 'x'.repeat(16) }],
    ['LOG_FORMAT', 'text', { logFormat: 'text' }],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://otel:4318', { traces: { endpoint: 'http://otel:4318', share: 1 } }],
    ['ALLOW_UNSAFE_POSTGRES', 'on', { allowUnsafePostgres: true }],
    ['BACKUP_DIR', '/srv/backups', { backups: { folder: '/srv/backups', every: 86_400_000, keep: 7 } }],
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

  test.each([
    ['LIMIT_READS', 'reads'],
    ['LIMIT_WRITES', 'writes'],
    ['LIMIT_LOGINS', 'logins'],
    ['LIMIT_LOGINS_IP', 'loginsAddress'],
    ['LIMIT_REGISTRATIONS', 'registrations'],
    ['LIMIT_MAILS', 'mails'],
    ['LIMIT_SOCKETS', 'sockets'],
    ['LIMIT_TASKS', 'tasks'],
  ])('of %s is the limit of its name', (name, member) => {
    expect(readConfig({ [name]: '999999999' }).limits).toEqual({ ...readConfig({}).limits, [member]: 999_999_999 })
    expect(readConfig({ LIMITS: 'off', [name]: '7' }).limits).toBeUndefined()
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
  ['BACKUP_EVERY', ['daily', '0h', '24', '1.5h', '99d', '-1h', '24H']],
  ['BACKUP_KEEP', ['0', 'all', '-1', '10000']],
  ['METRICS', ['yes', 'On']],
  ['METRICS_TOKEN', ['hunter2', 'with a space in it, and long']],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', ['hunter2:4318', 'ftp://otel', 'http://', 'http://hunter2@otel:4318']],
  ['OTEL_TRACES_SAMPLER_ARG', ['hunter2', '-1', '1.1', '10%', '2']],
  ['LOG_FORMAT', ['pretty', 'JSON']],
  ['ALLOW_UNSAFE_POSTGRES', ['yes', '1']],
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
  ['LIMITS', ['On', 'maybe', '0', 'false']],
  ['LIMIT_READS', ['0', '-1', '1e3', '10.5', 'many', '1000000000', '١']],
  ['LIMIT_LOGINS_IP', ['0', 'none', '01']],
  ['LIMIT_TASKS', ['0', 'unlimited', '0x10']],
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

describe('settings of which only some values are known', () => {
  test.each([
    ['REDIS_URL', { REDIS_URL: 'localhost:6379' }],
    ['METRICS', { METRICS: 'yes' }],
    ['LIMIT_SESSIONS', { LIMIT_SESSIONS: 'many' }],
  ])('%s is judged like the others', (name, environment) => {
    expect(() => readConfig(environment)).toThrow(name)
  })
})

describe('a mail server', () => {
  const mail = { SMTP_URL: 'smtp://mail.example', MAIL_FROM: 'a@example.org' }

  test('makes verification the default', () => {
    expect(readConfig(mail).emailVerification).toBe('required')
    expect(readConfig({ ...mail, EMAIL_VERIFICATION: 'optional' }).emailVerification).toBe('optional')
  })

  test.each(['a@example.org', 'Taskwell <a@example.org>', '<a@example.org>', 'The Täsk Well <tasks+x@mail.example>'])(
    'sends from %j',
    (from) => {
      expect(readConfig({ ...mail, MAIL_FROM: from }).smtp).toEqual({ url: mail.SMTP_URL, from })
    },
  )

  test.each(['Taskwell', 'a@b@c', 'a@example.org, b@example.org', 'Taskwell <a>', 'T <a@b> <c@d>', 'T\r\nBcc: <a@b>'])(
    'cannot send from %j',
    (from) => {
      expect(() => readConfig({ ...mail, MAIL_FROM: from })).toThrow('MAIL_FROM')
    },
  )

  test.each([
    ['SMTP_URL', { ...mail, SMTP_URL: 'http://mail.example' }],
    ['SMTP_URL', { ...mail, SMTP_URL: 'smtp://' }],
    ['MAIL_FROM', { SMTP_URL: 'smtp://mail.example' }],
  ])('is told what is wrong with %s', (name, environment) => {
    expect(() => readConfig(environment)).toThrow(name)
  })
})
