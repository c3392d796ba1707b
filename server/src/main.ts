import { enableCompileCache } from 'node:module'

// What it writes is for its owner only, also in a folder that others may read.
process.umask(0o077)
enableCompileCache()
const { runServer } = await import('./cli/start.ts')
await runServer()
