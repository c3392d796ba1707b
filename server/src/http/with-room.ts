import type { Endpoint } from '@taskwell/api'
import { isFull } from '../database/disk-faults.ts'
import type { Reserve } from '../database/reserve.ts'
import { Refusal } from '../errors.ts'

/**
 * On a full disk, what deletes gets the room that was set aside and is done again; its transaction has left nothing.
 * What adds waits until the disk has room for both.
 * @throws storage_full
 */
export async function withRoom<T>(reserve: Reserve, endpoint: Endpoint, work: () => Promise<T>): Promise<T> {
  if (endpoint.method !== 'DELETE') {
    if (reserve.isOut() && endpoint.limit === 'write')
      throw new Refusal('storage_full', { detail: 'Only deleting works until the disk of the server has room again.' })
    return work()
  }
  try {
    return await work()
  } catch (error) {
    if (!isFull(error) || !reserve.release()) throw error
    return work()
  }
}
