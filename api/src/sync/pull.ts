import type { Calls } from '../calls.ts'
import { TaskwellError } from '../calls.ts'
import type { ChangePage, ChangeQuery } from '../changes.ts'
import type { Task } from '../tasks.ts'
import { type Copy, isErased } from './copy.ts'

const limit = 1_000

/**
 * Brings the copy to where the server stands. What has come before an interruption is kept, and the next pull goes on
 * from there; when the server can no longer tell what was missed, everything is read anew beside the copy that is there.
 */
export async function pull(calls: Calls, copy: Copy): Promise<void> {
  try {
    await pullMissed(calls, copy)
  } catch (error) {
    if (!(error instanceof TaskwellError) || error.problem.code !== 'resync_required') throw error
    await pullAll(calls, copy)
  }
}

async function pullMissed(calls: Calls, copy: Copy): Promise<void> {
  const { position } = copy
  const since = position?.revision ?? 0
  const first = { since, limit, ...(position && { epoch: position.epoch }) }
  for await (const { changes, revision, epoch } of readPages(calls, first)) {
    copy.advance(changes, { revision, epoch })
  }
}

async function pullAll(calls: Calls, copy: Copy): Promise<void> {
  const tasks = new Map<string, Task>()
  let reached = { revision: 0, epoch: '' }
  for await (const { changes, revision, epoch } of readPages(calls, { since: 0, limit })) {
    for (const { task } of changes) {
      // A task that changes while pages are read comes again, further on.
      if (isErased(task)) tasks.delete(task.id)
      else tasks.set(task.id, task)
    }
    reached = { revision, epoch }
  }
  copy.replace(tasks, reached)
}

async function* readPages(calls: Calls, first: ChangeQuery): AsyncGenerator<ChangePage> {
  let { body: page } = await calls.listChanges({ query: first })
  yield page
  while (page.hasMore && page.next !== null) {
    page = (await calls.listChanges({ query: { limit, cursor: page.next } })).body
    yield page
  }
}
