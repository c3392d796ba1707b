import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Check, type Finding, findings, type Patient } from './finding.ts'

const { ok, warning, wrong } = findings('data folder')
const scarce = 256 * 1024 * 1024

export const checkFolder: Check = {
  name: 'data folder',
  examine: ({ config }) => [...folder(config), ...secret(config)],
}

function folder({ dataDir, database }: Patient['config']): Finding[] {
  const path = database.kind === 'sqlite' ? dirname(database.file) : dataDir
  if (!existsSync(path)) return [warning(`${path} is not there yet: the first start makes it`)]
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    return [wrong(`${path} cannot be written by this user: give it to the one that runs the server`)]
  }
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  const size = database.kind === 'sqlite' && existsSync(database.file) ? statSync(database.file).size : 0
  const told = `${Math.floor(free / 1e6)} MB free`
  if (free < scarce) return [wrong(`${path}: only ${told}: make room before writes fail`)]
  // An upgrade keeps a copy, and needs as much for itself.
  if (free < size * 2) return [warning(`${path}: ${told}, and an upgrade needs ${Math.ceil((size * 2) / 1e6)} MB`)]
  return [ok(`${path}: writable, ${told}`)]
}

function secret({ dataDir, authSecret }: Patient['config']): Finding[] {
  if (authSecret !== undefined) return [ok('the secret comes from AUTH_SECRET')]
  const file = join(dataDir, 'auth-secret')
  if (!existsSync(file))
    return [warning(`${file} is not there yet: the first start makes it, or bring it back from a backup`)]
  const { mode, size } = statSync(file)
  if (size < 32) return [wrong(`${file} is damaged: bring it back from a backup, or delete it to sign everybody out`)]
  if ((mode & 0o077) !== 0) return [wrong(`${file} can be read by others: run chmod 600 ${file}`)]
  return [ok(`${file}: for its owner only`)]
}
