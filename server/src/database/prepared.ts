import type { Compilable, CompiledQuery } from 'kysely'
import { keepPrepared } from './named-statements.ts'
import { type Database, databaseKind, readAtOnce } from './open.ts'

/** Stands for the value of a parameter while a statement is built. */
class Mark {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

export interface Prepared<Parameters, Row> {
  (db: Database, parameters: Parameters): Promise<readonly Row[]>
  /** The statement itself, to be run with others. */
  of(db: Database, parameters: Parameters): CompiledQuery<Row>
}

/**
 * A statement for what runs with every request: it is built and compiled once for each database and set of parameters,
 * which takes longer than running it. `build` may put parameters where values go; what they are it cannot know.
 */
export function prepared<Parameters extends object, Row>(
  build: (db: Database, parameters: Parameters) => Compilable<Row>,
): Prepared<Parameters, Row> {
  const known = new Map<string, CompiledQuery<Row>>()

  function compile(db: Database, names: readonly string[]): CompiledQuery<Row> {
    const key = `${databaseKind(db)} ${names.join()}`
    const found = known.get(key)
    if (found) return found
    const query = build(db, marksFor<Parameters>(names)).compile()
    known.set(key, query)
    if (databaseKind(db) === 'postgres') keepPrepared(query.sql)
    return query
  }

  function of(db: Database, parameters: Parameters): CompiledQuery<Row> {
    const values = new Map<string, unknown>(Object.entries(parameters).filter(([, value]) => value !== undefined))
    const query = compile(db, [...values.keys()])
    const filled = query.parameters.map((place) => (place instanceof Mark ? values.get(place.name) : place))
    return { ...query, parameters: filled }
  }

  async function run(db: Database, parameters: Parameters): Promise<readonly Row[]> {
    const statement = of(db, parameters)
    return readAtOnce<Row>(db, statement) ?? (await db.executeQuery<Row>(statement)).rows
  }

  return Object.assign(run, { of })
}

/** Kysely passes values on without a look, so marks can take their places, whatever their types. */
function marksFor<Parameters extends object>(names: readonly string[]): Parameters {
  return Object.fromEntries(names.map((name) => [name, new Mark(name)])) as Parameters
}
