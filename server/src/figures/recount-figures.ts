import type { Database } from '../database/open.ts'
import { countCreations, countTasks, listKeptCounts, listWrongFacts } from './queries.ts'

/** More is not told of one space: something is wrong with all of it then. */
const mostTold = 20

/**
 * Counts anew all that is kept ready for the dashboard of a space. Answers in plain words where the two differ; nothing
 * when all is right. Reads every task: for a check at leisure, not for a request, and in a transaction when others write.
 */
export async function recountFigures(db: Database, spaceId: string): Promise<string[]> {
  const [kept, counted] = [await listKeptCounts(db, spaceId), await countTasks(db, spaceId)]
  const creations = await countCreations(db, spaceId)
  const wrongFacts = await listWrongFacts(db, spaceId, mostTold)
  return [
    ...[1, 2, 3].flatMap((priority) =>
      (['total', 'completed', 'undated'] as const).flatMap((figure) => {
        const [is, should] = [kept, counted].map((rows) => rows.find((row) => row.priority === priority)?.[figure] ?? 0)
        return is === should ? [] : [`count ${figure} of priority ${priority}: kept ${is}, counted ${should}`]
      }),
    ),
    ...(creations.told === creations.kept
      ? []
      : [`tasks ever created: kept ${creations.kept}, told by history ${creations.told}`]),
    ...wrongFacts.map((id) => `facts of task ${id}: not those of the task`),
  ]
}
