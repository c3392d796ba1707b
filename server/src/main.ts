import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { useBundle } from './bundled-packages.ts'

// What it writes is for its owner only, also in a folder that others may read.
process.umask(0o077)
enableCompileCache()
// V8 would let the heap grow to three times of what is in use before it collects it. To 40 % more is enough, and lists take no longer for it.
setFlagsFromString('--heap-growing-percent=40')
// Else V8 comes to make some objects of each request among the old ones, which keep all of the request until the whole heap is collected.
setFlagsFromString('--no-allocation-site-pretenuring')
useBundle()
const { runServer } = await import('./cli/start.ts')
await runServer()
