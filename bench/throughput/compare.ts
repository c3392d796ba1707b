import type { Case } from './cases.ts'
import { measure } from './load.ts'
import type { Round } from './report.ts'
import type { Subject } from './servers.ts'

/** Puts the load of a case on both servers, in turns. */
export async function compare(
  { load, taskwellHeaders, beside }: Case,
  { taskwell, reference }: { taskwell: Subject; reference: Subject },
  { rounds, seconds, folder }: { rounds: number; seconds: number; folder: string },
): Promise<Round[]> {
  const headers = await taskwellHeaders?.(taskwell)
  const results: Round[] = []
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const time = round === 0 ? 1 : seconds
    const theirs = await measure(reference, load, time, folder)
    const end = beside?.(taskwell)
    const ours = await measure(taskwell, { ...load, ...(headers && { headers }) }, time, folder)
    end?.()
    if (round > 0) results.push({ taskwell: ours, reference: theirs })
  }
  return results
}
