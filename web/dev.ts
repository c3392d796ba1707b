import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createServer } from 'vite'

/** Runs the API server, started anew after each change, and the web app, which the browser reloads by itself. */
const api = spawn(
  process.execPath,
  ['--watch-path=server/src', '--watch-path=api/src', '--watch-preserve-output', 'server/src/main.ts'],
  { cwd: join(import.meta.dirname, '..'), stdio: 'inherit' },
)
const site = await createServer({ configFile: join(import.meta.dirname, 'vite.config.ts') })
await site.listen()
site.printUrls()

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    api.kill(signal)
    void site.close()
  })
}
api.once('exit', (code) => {
  process.exitCode = code ?? 0
  void site.close()
})
