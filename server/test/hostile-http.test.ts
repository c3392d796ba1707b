import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from './databases.ts'
import { type RawReply, sendRaw } from './raw-socket.ts'
import { expectProblem } from './requests-http.ts'
import { startApp, type TestApp, type TestUser } from './start-app.ts'

describe.each(databases.filter(({ kind }) => kind === 'sqlite'))('hostile HTTP on %s', (database) => {
  let app: TestApp
  let ada: TestUser
  let port: number
  beforeAll(async () => {
    app = await startApp(database, { LIMITS: 'off' })
    ada = await app.createUser()
    port = Number(new URL(app.baseUrl).port)
  })
  afterAll(() => app.stop())

  interface Parts {
    readonly headers?: readonly string[]
    readonly body?: string | Uint8Array
    /** `null` sends none. */
    readonly type?: string | null
    readonly anonymous?: boolean
  }

  /** Sends that first line, as Ada and as JSON unless told otherwise. */
  function send(
    line: string,
    { headers = [], body = '', type = 'application/json', anonymous }: Parts = {},
  ): Promise<RawReply> {
    const lines = [
      `${line} HTTP/1.1`,
      `Host: localhost:${port}`,
      'Connection: close',
      ...(anonymous ? [] : [`Authorization: Bearer ${ada.token}`]),
      ...(type === null ? [] : [`Content-Type: ${type}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...headers,
    ]
    return sendRaw(port, `${lines.join('\r\n')}\r\n\r\n`, body)
  }

  const create = (body: string | Uint8Array, parts: Parts = {}) => send('POST /api/tasks', { ...parts, body })

  async function expectNoEffect(reply: Promise<RawReply>, status: number, code: string) {
    const before = app.events.length
    const problem = expectProblem(await reply, status, code)
    expect(app.events).toHaveLength(before)
    return problem
  }

  test('a plain request is served, so the refusals below have their reasons', async () => {
    expect((await create('{"title":"Read"}')).status).toBe(201)
    expect((await send('GET /api/tasks')).status).toBe(200)
  })

  test.each([
    ['two hosts', 'GET /api/tasks HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n'],
    ['the same host twice', 'GET /health HTTP/1.1\r\nHost: a.example\r\nhost: a.example\r\nConnection: close\r\n\r\n'],
    ['no version, bare line feeds and a body', 'POST /api/tasks\nHost: localhost\nContent-Length: 2\n\n{}'],
    ['no version and nothing else', 'GET /health\r\n\r\n'],
    ['a version that is none', 'GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method that is none', 'BREW /pot HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['a folded header', 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Odd : a\r\n\r\n'],
    ['two lengths', 'POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    [
      'a length and chunks',
      'POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'chunks that are none',
      'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}',
    ],
    [
      'another host in an absolute address',
      'GET http://evil.example/api/tasks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ],
    ['an address that is none', 'GET http:// HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'],
  ])('a request with %s is refused as malformed', async (_, bytes) => {
    await expectNoEffect(sendRaw(port, Buffer.from(bytes, 'latin1')), 400, 'malformed_request')
  })

  test('an absolute address of this host is served as its path', async () => {
    const reply = await send(`GET http://localhost:${port}/api/tasks?limit=1`)
    expect(reply.status).toBe(200)
  })

  test.each(['TRACE /api/tasks', 'TRACE /', 'TRACE /health'])('%s is not allowed', async (line) => {
    const reply = await send(line)
    expectProblem(reply, 405, 'method_not_allowed')
    expect(reply.headers['allow']).toContain('GET')
    expect(reply.text).not.toContain(ada.token)
  })

  test('headers of 20 kB are too large', async () => {
    await expectNoEffect(
      create('{"title":"Read"}', { headers: [`X-Large: ${'x'.repeat(20_000)}`] }),
      431,
      'headers_too_large',
    )
  })

  test('an address of 9 kB is too long', async () => {
    await expectNoEffect(send(`GET /api/tasks?q=${'x'.repeat(9000)}`), 414, 'uri_too_long')
    await expectNoEffect(send(`GET /${'x'.repeat(9000)}`, { anonymous: true }), 414, 'uri_too_long')
  })

  test('a body of 256 KiB is read, one of 257 KiB is too large', async () => {
    const bodyOf = (length: number) => {
      const [start, end] = ['{"title":"', '"}']
      return start + 'x'.repeat(length - start.length - end.length) + end
    }
    await expectNoEffect(create(bodyOf(256 * 1024)), 422, 'validation_failed')
    await expectNoEffect(create(bodyOf(256 * 1024 + 1)), 413, 'payload_too_large')
    await expectNoEffect(create(bodyOf(257 * 1024)), 413, 'payload_too_large')
    const chunk = `${(257 * 1024).toString(16)}\r\n${bodyOf(257 * 1024)}\r\n0\r\n\r\n`
    const head = `POST /api/tasks HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    await expectNoEffect(sendRaw(port, head, chunk), 413, 'payload_too_large')
  })

  test('a body in hundreds of pieces is read, one in thousands is too large, however short', async () => {
    const head = `POST /api/tasks HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const inPieces = (title: string) =>
      [...`{"title":"${title}"}`].map((letter) => `1\r\n${letter}\r\n`).join('') + '0\r\n\r\n'
    expect((await sendRaw(port, head, inPieces('x'.repeat(400)))).status).toBe(201)
    const spaces = '1\r\n \r\n'.repeat(3_000)
    await expectNoEffect(sendRaw(port, head, spaces, inPieces('x')), 413, 'payload_too_large')
  })

  test.each([
    ['nothing of JSON', 'title=Read'],
    ['half of it', '{"title":"Read"'],
    ['more than one value', '{"title":"Read"}{}'],
    ['a comma too many', '{"title":"Read",}'],
    ['single quotes', "{'title':'Read'}"],
    ['NaN', '{"title":NaN}'],
    ['a byte that is no UTF-8', Buffer.from('{"title":"\xff"}', 'latin1')],
    ['an overlong form', Buffer.from('{"title":"\xc0\xaf"}', 'latin1')],
    ['a surrogate in UTF-8', Buffer.from('{"title":"\xed\xa0\x80"}', 'latin1')],
    ['UTF-16', Buffer.from('{"title":"Read"}', 'utf16le')],
    ['33 levels', `{"title":${'['.repeat(32)}${']'.repeat(32)}}`],
    ['far too many levels', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['far too many levels, not closed', '{"a":'.repeat(40_000)],
  ])('a body with %s is refused as malformed', async (_, body) => {
    await expectNoEffect(create(body), 400, 'malformed_request')
  })

  test.each([
    ['{"title":"Read","title":"Write"}', '/body/title'],
    ['{"title":"Read","description":null,"d\\u0065scription":"a book"}', '/body/description'],
    ['{"title":"Read","x":[{"y":1},{"y":1,"y":2}]}', '/body/x/1/y'],
  ])('of %s nobody guesses which member counts', async (body, path) => {
    await expectNoEffect(create(body), 422, 'validation_failed')
    expect((await create(body)).text).toContain(`"path":"${path}"`)
  })

  test('a body of 32 levels is judged by its content', async () => {
    await expectNoEffect(create(`{"title":${'['.repeat(31)}${']'.repeat(31)}}`), 422, 'validation_failed')
  })

  test.each([
    ['text/plain', []],
    ['application/x-www-form-urlencoded', []],
    ['multipart/form-data; boundary=x', []],
    ['application/xml', []],
    ['application/jsonp', []],
    ['application/json; charset=latin1', []],
    ['application/json; charset="utf-16"', []],
    ['json', []],
    ['/', []],
    ['application/json', ['Content-Encoding: gzip']],
    ['application/json', ['Content-Encoding: br']],
  ] as const)('a body that is called %s %s is of an unsupported kind', async (type, headers) => {
    await expectNoEffect(create('{"title":"Read"}', { type, headers }), 415, 'unsupported_media_type')
  })

  test('a body without a content type is of an unsupported kind', async () => {
    await expectNoEffect(create('{"title":"Read"}', { type: null }), 415, 'unsupported_media_type')
  })

  test.each([
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'APPLICATION/JSON',
    'application/json ',
  ])('a body that is called %s is JSON', async (type) => {
    expect((await create('{"title":"Read"}', { type })).status).toBe(201)
  })

  test.each([
    ['limit=1&limit=2', '/query/limit'],
    ['q=a&q=b', '/query/q'],
    ['sort=title&sort=title', '/query/sort'],
    ['completed=true&completed=false', '/query/completed'],
    ['unknown=1', '/query/unknown'],
    ['Limit=1', '/query/Limit'],
    ['limit%5B%5D=1', '/query/limit[]'],
    ['__proto__=1', '/query/__proto__'],
    ['constructor=1', '/query/constructor'],
    ['a/b~c=1', '/query/a~1b~0c'],
    ['limit=0x10', '/query/limit'],
    ['limit=1e1', '/query/limit'],
    ['limit=', '/query/limit'],
    ['limit', '/query/limit'],
    ['limit=%201', '/query/limit'],
    ['limit=%2B1', '/query/limit'],
    ['limit=1.0', '/query/limit'],
    ['limit=-1', '/query/limit'],
    ['limit=0', '/query/limit'],
    ['limit=201', '/query/limit'],
    ['limit=99999999999999999999', '/query/limit'],
    ['limit=%D9%A1', '/query/limit'],
    ['completed=1', '/query/completed'],
    ['completed=TRUE', '/query/completed'],
    ['completed=', '/query/completed'],
    ['priority=urgent', '/query/priority/0'],
    ['sort=TITLE', '/query/sort'],
    ['dueFrom=2026-02-30', '/query/dueFrom'],
    ['createdFrom=2026-11-23', '/query/createdFrom'],
    ['timeZone=%2B01:00', '/query/timeZone'],
    ['q=%00', '/query/q'],
    ['cursor=x', '/query/cursor'],
  ])('the query %s is refused with the place', async (query, path) => {
    const problem = await expectNoEffect(send(`GET /api/tasks?${query}`), 422, 'validation_failed')
    expect(problem.errors?.map((fault) => fault.path)).toContain(path)
  })

  test.each([
    ['{"title":"a","unknown":1}', '/body/unknown'],
    ['{"title":"a","__proto__":{"completed":true}}', '/body/__proto__'],
    ['{"title":"a","constructor":{"prototype":{"completed":true}}}', '/body/constructor'],
    ['{"title":"a","toString":1}', '/body/toString'],
    ['{"title":"a","a/b~c":1}', '/body/a~1b~0c'],
    ['{"title":"a","":1}', '/body/'],
    ['{"title":"a","userId":"x"}', '/body/userId'],
    ['{"title":"a","version":7}', '/body/version'],
    ['{"title":"a","completedAt":"2026-11-23T09:30:00Z"}', '/body/completedAt'],
    ['{"__proto__":{"title":"a"}}', '/body/title'],
    ['{}', '/body/title'],
    ['{"title":""}', '/body/title'],
    ['{"title":"  \\u00a0 "}', '/body/title'],
    ['{"title":"a\\u0000b"}', '/body/title'],
    ['{"title":"\\ud800"}', '/body/title'],
    ['{"title":"a","description":"\\udc00"}', '/body/description'],
    ['{"title":null}', '/body/title'],
    ['{"title":1}', '/body/title'],
    ['{"title":["a"]}', '/body/title'],
    ['{"title":"a","completed":"true"}', '/body/completed'],
    ['{"title":"a","completed":1}', '/body/completed'],
    ['{"title":"a","completed":null}', '/body/completed'],
    ['{"title":"a","priority":"High"}', '/body/priority'],
    ['{"title":"a","priority":null}', '/body/priority'],
    ['{"title":"a","dueDate":"2026-02-29"}', '/body/dueDate'],
    ['{"title":"a","dueDate":20261123}', '/body/dueDate'],
    ['{"title":"a","dueDate":"2026-11-23","dueTime":"24:00"}', '/body/dueTime'],
    ['{"title":"a","dueTime":"09:30"}', '/body/dueTime'],
    ['{"title":"a","dueDate":"2026-11-23","dueTimeZone":"Europe/Berlin"}', '/body/dueTimeZone'],
    ['{"title":"a","id":"1"}', '/body/id'],
    ['{"title":"a","id":null}', '/body/id'],
  ])('the body %s is refused with the place', async (body, path) => {
    const problem = await expectNoEffect(create(body), 422, 'validation_failed')
    expect(problem.errors?.map((fault) => fault.path)).toContain(path)
  })

  test.each(['[]', '"a"', '1', 'null', 'true', ''])('the body %s is no object', async (body) => {
    const problem = await expectNoEffect(create(body), 422, 'validation_failed')
    expect(problem.errors?.[0]?.path).toMatch(/^\/body/)
  })

  test('nothing that was sent as a prototype becomes one', async () => {
    await create('{"title":"a","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}')
    await send('GET /api/tasks?__proto__[polluted]=1')
    expect({}).not.toHaveProperty('polluted')
  })

  test('where no body is needed, an empty one of any kind is fine and another is refused', async () => {
    const { body: task } = await ada.client.createTask({ body: { title: 'Read' } })
    const restore = (body: string, parts: Parts = {}) => send(`POST /api/tasks/${task.id}/restore`, { ...parts, body })
    expect((await restore('')).status).toBe(200)
    expect((await restore('', { type: null })).status).toBe(200)
    expect((await restore('{}')).status).toBe(200)
    expectProblem(await restore('{"title":"a"}'), 422, 'validation_failed')
    expectProblem(await restore('x'), 400, 'malformed_request')
    expect((await send(`DELETE /api/tasks/${task.id}`)).status).toBe(204)
  })

  test.each(['text/html', 'image/png', 'application/xml', 'application/json;q=0', 'text/application/json'])(
    'a reply as %s is not to be had',
    async (type) => {
      expectProblem(await send('GET /api/tasks', { headers: [`Accept: ${type}`] }), 406, 'not_acceptable')
    },
  )

  test.each(['', 'application/json', 'text/html, */*;q=0.8', 'Application/JSON;q=0.5'])(
    'a reply as "%s" is to be had',
    async (type) => {
      expect((await send('GET /api/tasks', { headers: [`Accept: ${type}`] })).status).toBe(200)
    },
  )

  test.each(['h2c', 'websocket'])(
    'an offer to go on with %s is passed over where there is no socket',
    async (protocol) => {
      const reply = await sendRaw(
        port,
        `GET /health HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
      )
      expect(reply.status).toBe(200)
    },
  )

  test.each([
    '/api/tasks/../account',
    '/api//tasks',
    '/API/tasks',
    '/api/tasks%2f',
    '/api/tasks;x=1',
    '/api/tasks/a/b/c',
    '/..%2f..%2fetc/passwd',
    '/.env',
    '/api/docs/../../package.json',
    '/%00',
    '/*',
  ])('nothing is at %s', async (path) => {
    const reply = await send(`GET ${path}`)
    expectProblem(reply, 404, 'not_found')
  })

  describe('what is judged first', () => {
    const evil = 'Origin: https://evil.example'
    const unknown = `/api/tasks/${randomUUID()}`

    test.each<[string, string, Parts, number, string]>([
      ['the route before the origin', 'POST /api/nothing', { headers: [evil], anonymous: true }, 404, 'not_found'],
      [
        'the method before the origin',
        'PUT /api/tasks',
        { headers: [evil], anonymous: true },
        405,
        'method_not_allowed',
      ],
      ['the route before the syntax', 'POST /api/nothing', { body: '{' }, 404, 'not_found'],
      ['the method before the syntax', 'PUT /api/tasks', { body: '{' }, 405, 'method_not_allowed'],
      ['the route before the size', 'POST /api/nothing', { body: 'x'.repeat(300_000) }, 404, 'not_found'],
      [
        'the origin before the identity',
        'POST /api/tasks',
        { headers: [evil], anonymous: true },
        403,
        'origin_not_allowed',
      ],
      [
        'the origin before the content',
        'POST /api/auth/login',
        { headers: [evil], anonymous: true, body: 'x' },
        403,
        'origin_not_allowed',
      ],
      [
        'the identity before the kind of content',
        'POST /api/tasks',
        { anonymous: true, type: 'text/plain', body: 'x' },
        401,
        'unauthenticated',
      ],
      [
        'the identity before the size',
        'POST /api/tasks',
        { anonymous: true, body: 'x'.repeat(300_000) },
        401,
        'unauthenticated',
      ],
      ['the identity before the syntax', 'POST /api/tasks', { anonymous: true, body: '{' }, 401, 'unauthenticated'],
      ['the identity before the validation', 'GET /api/tasks?limit=0', { anonymous: true }, 401, 'unauthenticated'],
      ['the identity before the row', `GET ${unknown}`, { anonymous: true }, 401, 'unauthenticated'],
      ['the identity before the form of an id', 'GET /api/tasks/x', { anonymous: true }, 401, 'unauthenticated'],
      [
        'the kind of content before the validation',
        'POST /api/tasks?unknown=1',
        { type: 'text/plain', body: '{}' },
        415,
        'unsupported_media_type',
      ],
      ['the size before the syntax', 'POST /api/tasks', { body: 'x'.repeat(300_000) }, 413, 'payload_too_large'],
      [
        'the kind of content before the size',
        'POST /api/tasks',
        { type: 'text/plain', body: 'x'.repeat(300_000) },
        415,
        'unsupported_media_type',
      ],
      ['the syntax before the validation', 'POST /api/tasks?unknown=1', { body: '{' }, 400, 'malformed_request'],
      ['the syntax before the row', `PATCH ${unknown}`, { body: '{' }, 400, 'malformed_request'],
      ['the validation before the row', `PATCH ${unknown}`, { body: '{"title":""}' }, 422, 'validation_failed'],
      ['the row before the version', `PATCH ${unknown}`, { body: '{}', headers: ['If-Match: "v9"'] }, 404, 'not_found'],
    ])('is %s', async (_, line, parts, status, code) => {
      await expectNoEffect(send(line, parts), status, code)
    })

    test('is the validation before the version', async () => {
      const { body: task } = await ada.client.createTask({ body: { title: 'Read' } })
      await ada.client.updateTask({ params: { id: task.id }, body: { title: 'Write' } })
      const patch = (body: string) => send(`PATCH /api/tasks/${task.id}`, { headers: ['If-Match: "v1"'], body })
      await expectNoEffect(patch('{"title":""}'), 422, 'validation_failed')
      const problem = await expectNoEffect(patch('{"title":"Sing"}'), 412, 'precondition_failed')
      expect(problem).toMatchObject({ current: { id: task.id, title: 'Write', version: 2 } })
    })
  })

  test('a request sent in pieces is read as one', async () => {
    const head = `POST /api/tasks HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`
    const reply = await sendRaw(port, head, '8\r\n{"title"\r\n', '8\r\n:"Read"}\r\n0\r\n\r\n')
    expect(reply.status).toBe(201)
  })
})
