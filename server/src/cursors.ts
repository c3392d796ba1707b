import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from './context.ts'
import { invalid } from './errors.ts'

type Holder = Pick<Context, 'secret' | 'caller'>

/** A place in a list as a client holds it: opaque, and of use only to the same user for the same list. */
export function sealCursor(ctx: Holder, list: readonly unknown[], place: unknown): string {
  const text = JSON.stringify(place)
  return Buffer.concat([sign(ctx, list, text), Buffer.from(text)]).toString('base64url')
}

/** @throws validation_failed for a cursor that is broken, of another user or of another list. */
export function openCursor<Place>(ctx: Holder, list: readonly unknown[], cursor: string): Place {
  const bytes = Buffer.from(cursor, 'base64url')
  const text = bytes.subarray(signatureLength).toString()
  const signature = bytes.subarray(0, signatureLength)
  const isWhole = signature.length === signatureLength && bytes.toString('base64url') === cursor
  const isOurs = isWhole && timingSafeEqual(signature, sign(ctx, list, text))
  if (!isOurs) throw invalid('/query/cursor', 'is not of this list: start from its first page')
  return parsePlace<Place>(text)
}

const signatureLength = 16

function sign({ secret, caller }: Holder, list: readonly unknown[], place: string): Buffer {
  return createHmac('sha256', secret)
    .update(JSON.stringify(['taskwell cursor 1', caller.userId, list, place]))
    .digest()
    .subarray(0, signatureLength)
}

/** The signature vouches for the shape. */
function parsePlace<Place>(text: string): Place {
  return JSON.parse(text) as Place
}
