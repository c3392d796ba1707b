import { enableCompileCache } from 'node:module'

enableCompileCache()
const { runServer } = await import('./cli/start.ts')
await runServer()
