import { CompiledQuery } from 'kysely'
import { keepPrepared } from './named-statements.ts'
import { type Database, databaseKind } from './open.ts'

const mostNamed = 8

/** Writes of which none needs to see what another one did: on PostgreSQL one statement, so one way there and back. */
export async function runTogether(db: Database, statements: readonly CompiledQuery[]): Promise<void> {
  if (databaseKind(db) === 'postgres') await db.executeQuery(combine(statements))
  else for (const statement of statements) await db.executeQuery(statement)
}

function combine(statements: readonly CompiledQuery[]): CompiledQuery {
  let shift = 0
  const parts = statements.map(({ sql, parameters }, place) => {
    const before = shift
    shift += parameters.length
    return `part_${place} as (${sql.replaceAll(/\$(\d+)/g, (_, number) => `$${Number(number) + before}`)})`
  })
  const text = `with ${parts.join(', ')} select 1 as done`
  // A batch has any number of them.
  if (statements.length <= mostNamed) keepPrepared(text)
  return CompiledQuery.raw(
    text,
    statements.flatMap(({ parameters }) => parameters),
  )
}
