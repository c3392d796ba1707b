import { existsSync } from 'node:fs'
import { countSpacesBehind, countUnsearchable, inspectFile, inspectServer, readClock } from '../database/inspect.ts'
import { hasUnfinishedCopy, migrationStatus } from '../database/migrate.ts'
import { type Database, openDatabase } from '../database/open.ts'
import { findUnsafeSettings } from '../database/store-safety.ts'
import { recountFigures } from '../figures/index.ts'
import { findDamagedTasks } from '../tasks/index.ts'
import { type Check, type Finding, findings, type Patient, type StoreCheck } from './finding.ts'

const { ok, warning, wrong } = findings('database')
const restoreIt = 'stop the server and bring it back with `taskwell restore FILE --force`'

/** Checks that want a sound store with the schema of this program. A feature that keeps figures of its own adds one. */
const storeChecks: readonly StoreCheck[] = [
  {
    name: 'counts',
    examine: async (db) => {
      const { ok, wrong } = findings('counts')
      const behind = await countSpacesBehind(db)
      const unsearchable = await countUnsearchable(db)
      if (behind > 0) return [wrong(`${behind} accounts have a revision behind their tasks: ${restoreIt}`)]
      if (unsearchable > 0)
        return [wrong(`the search index misses ${unsearchable} tasks: back up and restore, which makes it anew`)]
      return [ok('revisions and search index fit the tasks')]
    },
  },
  {
    name: 'dashboard',
    examine: async (db) => {
      const { ok, wrong } = findings('dashboard')
      const told: string[] = []
      for (const { id } of await db.selectFrom('spaces').select('id').execute()) {
        told.push(...(await db.transaction().execute((db) => recountFigures(db, id))).map((text) => `${id}: ${text}`))
        if (told.length > 0) break
      }
      if (told.length > 0)
        return [wrong(`the figures of a space are not those of its tasks (${told[0]}): back up, and report this`)]
      return [ok('its figures are those of the tasks')]
    },
  },
  {
    name: 'contents',
    examine: async (db) => {
      const { ok, wrong } = findings('contents')
      for (const { id } of await db.selectFrom('spaces').select('id').execute()) {
        const [told] = await db.transaction().execute((db) => findDamagedTasks(db, id))
        if (told !== undefined) return [wrong(`${told} is not what its history says: ${restoreIt}`)]
      }
      return [ok('tasks are what their history says')]
    },
  },
  {
    name: 'clock',
    examine: async (db, { now }) => {
      const { ok, wrong } = findings('clock')
      const apart = Math.abs((await readClock(db)).getTime() - now.getTime())
      const newest = await db
        .selectFrom('changes')
        .select((eb) => eb.fn.max('at').as('at'))
        .executeTakeFirst()
      const ahead = newest?.at ? new Date(newest.at).getTime() - now.getTime() : 0
      if (apart > 60_000)
        return [wrong(`this machine and the database are ${Math.round(apart / 1000)} s apart: let both use NTP`)]
      if (ahead > 60_000)
        return [wrong(`the newest change is ${Math.round(ahead / 1000)} s in the future: set this machine's clock`)]
      return [ok(now.toISOString())]
    },
  },
]

export const checkStore: Check = { name: 'database', examine: examineStore }

async function examineStore(patient: Patient): Promise<Finding[]> {
  const { database } = patient.config
  if (database.kind === 'sqlite') {
    if (!existsSync(database.file)) return [warning(`there is none at ${database.file} yet: the first start makes it`)]
    const damage = inspectFile(database.file)
    if (damage.length > 0) return [wrong(`${database.file} is damaged (${damage[0]}): ${restoreIt}`)]
  }
  const db = openDatabase(database)
  try {
    return [...(await examineServer(db, patient)), ...(await examineSchema(db, patient))]
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
    const isFile = database.kind === 'sqlite'
    return [
      wrong(
        isFile
          ? `${database.file} is damaged (${reason}): ${restoreIt}`
          : `it does not answer (${reason}): check that it runs where DATABASE_URL says`,
      ),
    ]
  } finally {
    await db.destroy()
  }
}

async function examineServer(db: Database, { config }: Patient): Promise<Finding[]> {
  if (config.database.kind === 'sqlite') return [ok(`${config.database.file}: sound`)]
  const unsafe = await findUnsafeSettings(db)
  return [
    ok('it answers'),
    ...(await inspectServer(db)).map(wrong),
    ...unsafe.map((name) => wrong(`${name} is off: a crash may take what was saved, turn it on`)),
  ]
}

async function examineSchema(db: Database, patient: Patient): Promise<Finding[]> {
  const { ok, wrong } = findings('migrations')
  if (await hasUnfinishedCopy(db)) return [wrong('a move was broken off: run the same `taskwell move` again')]
  const { pending, unknown } = await migrationStatus(db)
  if (unknown.length > 0) return [wrong(`a newer Taskwell has used it (${unknown.join(', ')}): start that version`)]
  if (pending.length > 0)
    return [wrong(`pending: ${pending.join(', ')}: run \`taskwell migrate up\`, or start the server`)]
  const found: Finding[] = [ok('up to date')]
  for (const check of storeChecks) found.push(...(await check.examine(db, patient)))
  return found
}
