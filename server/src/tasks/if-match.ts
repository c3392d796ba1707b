import type { Task } from '@taskwell/api'
import { Refusal } from '../errors.ts'

/** Refuses a write that was meant for another version; the refusal shows the task as it is. */
export function refuseOtherVersion(task: Task, ifMatch: string | undefined): void {
  if (ifMatch === undefined || matchesVersion(ifMatch, task.version)) return
  throw new Refusal('precondition_failed', {
    detail: `The task is at version ${task.version} by now. Look at \`current\` and decide again.`,
    members: { current: task },
  })
}

/** Whether `If-Match` names the version: `*`, `"v3"`, the weak form of it, or a list with one of these. */
function matchesVersion(ifMatch: string, version: number): boolean {
  const tags = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return ifMatch.trim() === '*' || tags.includes(`"v${version}"`)
}
