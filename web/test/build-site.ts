import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

/** The tests look at what the server serves, and start it as users do, so all is built from the present sources first. */
export function setup(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../build.ts')], { stdio: 'inherit' })
}
