import type { Database } from '../database/open.ts'
import { type Count, countCreations, countTasks, listKeptCounts, listWrongDays, listWrongFacts } from './queries.ts'

/** More is not told of one space: something is wrong with all of it then. */
const mostTold = 20

const millisecondsADay = 86_400_000

/**
 * Counts anew all that is kept ready for the dashboard of a space. Answers in plain words where the two differ; nothing
 * when all is right. Reads every task: for a check at leisure, not for a request, and in a transaction when others write.
 */
export async function recountFigures(db: Database, spaceId: string): Promise<string[]> {
  const [kept, counted] = [byName(await listKeptCounts(db, spaceId)), byName(await countTasks(db, spaceId))]
  const wrongCounts = [...new Set([...kept.keys(), ...counted.keys()])].filter(
    (name) => kept.get(name) !== counted.get(name),
  )
  const creations = await countCreations(db, spaceId)
  const wrongFacts = await listWrongFacts(db, spaceId, mostTold)
  const wrongDays = await listWrongDays(db, spaceId, mostTold)
  return [
    ...wrongCounts
      .slice(0, mostTold)
      .map((name) => `count ${name}: kept ${kept.get(name) ?? 0}, counted ${counted.get(name) ?? 0}`),
    ...(creations.told === creations.kept
      ? []
      : [`tasks ever created: kept ${creations.kept}, told by history ${creations.told}`]),
    ...wrongFacts.map((id) => `facts of task ${id}: not those of the task`),
    ...new Set(wrongDays.map((day) => `completions of ${dateOf(day)}: not those of the facts`)),
  ]
}

function byName(counts: readonly Count[]): ReadonlyMap<string, number> {
  return new Map(counts.map(({ priority, figure, count }) => [`${figure} of priority ${priority}`, count]))
}

function dateOf(day: number): string {
  return new Date(day * millisecondsADay).toISOString().slice(0, 10)
}
