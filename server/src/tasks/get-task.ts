import type { Contract, Input, Task } from '@taskwell/api'
import type { Context } from '../context.ts'
import type { Outcome } from '../verb.ts'
import { getLiveTask } from './write.ts'

export async function getTask(ctx: Context, { params }: Input<Contract['getTask']>): Promise<Outcome<Task>> {
  const { task, spaceRevision } = await getLiveTask(ctx, params.id)
  return { body: task, revision: spaceRevision }
}
