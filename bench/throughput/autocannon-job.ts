import { randomUUID } from 'node:crypto'
import autocannon from 'autocannon'

/** Runs one load, told as JSON in the first argument, in a process of its own, and prints what it measured. */
const job = JSON.parse(process.argv[2] ?? '{}')
const result = await autocannon({
  url: job.url,
  method: job.method,
  headers: {
    authorization: job.authorization,
    ...job.headers,
    ...(job.body !== undefined && { 'content-type': 'application/json' }),
  },
  body: job.body,
  connections: job.connections,
  duration: job.seconds,
  ...(job.rate !== undefined && { overallRate: job.rate }),
  ...(job.body !== undefined && {
    requests: [
      {
        setupRequest: (request: autocannon.Request) => ({
          ...request,
          headers: { ...request.headers, 'idempotency-key': randomUUID() },
        }),
      },
    ],
  }),
})
console.log(
  JSON.stringify({
    perSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failures: result.errors + result.timeouts + result.non2xx - (result.statusCodeStats?.['304']?.count ?? 0),
  }),
)
