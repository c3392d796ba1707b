import underPressure from '@fastify/under-pressure'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from '../errors.ts'

/** In milliseconds, the mean of an interval: from here on new requests would only make all of them slower. */
const longestDelay = 1_000
const interval = 2_000
/** Requests that have arrived wholly and are not answered yet. */
const mostAtOnce = 2_000

/** Refuses work that could not be done in time, so that the rest is. Probes are always answered. */
export function shedLoad(app: FastifyInstance, { atOnce = mostAtOnce, delay = longestDelay } = {}): void {
  app.register(underPressure, {
    maxEventLoopDelay: delay,
    sampleInterval: interval,
    pressureHandler: async (request: FastifyRequest, _, __, measured) => {
      // Without a number nothing was measured: the process stood still for a while, and goes on.
      if (Number.isFinite(measured) && !isProbe(request)) throw overloaded()
    },
  })
  let underWay = 0
  // Only once the body is there: whoever sends it slowly takes no place.
  app.addHook('preValidation', (request, reply, done) => {
    if (isProbe(request)) return done()
    if (underWay >= atOnce) throw overloaded()
    underWay += 1
    reply.raw.once('close', () => void (underWay -= 1))
    done()
  })
}

function isProbe({ routeOptions: { url } }: FastifyRequest): boolean {
  return url?.startsWith('/health') ?? false
}

/** What a request is told that would have to wait too long. */
function overloaded(): Refusal {
  return new Refusal('overloaded', { detail: 'Wait a second, then try again.' })
}
