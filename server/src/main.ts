import { enableCompileCache } from 'node:module'
import { useBundle } from './bundled-packages.ts'

// What it writes is for its owner only, also in a folder that others may read.
process.umask(0o077)
enableCompileCache()
useBundle()
const { runServer } = await import('./cli/start.ts')
await runServer()
