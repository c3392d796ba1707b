import { expect, test } from 'vitest'
import { findSecrets } from './log-secrets.ts'

const signed = `${'a'.repeat(32)}.${'b'.repeat(43)}=`

test.each([
  ['an API token', { err: { message: `tw_${'0'.repeat(64)} is not known` } }],
  ['a cookie', { headers: { cookie: 'better-auth.session_token=x' } }],
  ['a bearer', { headers: { authorization: `Bearer ${'x'.repeat(20)}` } }],
  ['a signed token', { token: signed }],
  ['a signed token', { token: encodeURIComponent(signed) }],
  ['the link of a mail', { path: '/reset-password?token=x' }],
  ['the hash of a password', { sql: ['$argon2id$v=19'] }],
  ['the password that tests use', { body: '{"password":"correct horse battery"}' }],
])('a log that holds %s is told', (name, line) => {
  expect(findSecrets([{ msg: 'request' }, line])).toContain(name)
})

test('a log of requests and mails is not', () => {
  const mail = { mail: { to: 'ada@example.org', text: 'http://localhost/reset-password?token=x' } }
  const request = { reqId: crypto.randomUUID(), path: '/api/auth/*', msg: 'request', user: crypto.randomUUID() }
  expect(findSecrets([mail, request])).toEqual([])
})
