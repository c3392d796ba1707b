import type { DatabaseConfig } from '../open.ts'
import { withPostgresSnapshot } from './postgres-rows.ts'
import type { RowSource } from './rows.ts'
import { withSqliteSnapshot } from './sqlite-rows.ts'

/** Shows a store as it is now, unmoved by writers and without keeping them waiting, until `work` is done. */
export function withSnapshot<T>(config: DatabaseConfig, work: (source: RowSource) => Promise<T>): Promise<T> {
  return config.kind === 'sqlite' ? withSqliteSnapshot(config.file, work) : withPostgresSnapshot(config, work)
}
