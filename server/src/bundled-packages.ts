import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const installed = join(import.meta.dirname, '../../node_modules')

/** Where `server/bundle-packages.ts` puts its files. */
export const bundleFolder = folderIn(installed)

function folderIn(modules: string): string {
  return join(modules, '.cache/packages')
}

/** What the bundle tells of itself. */
export interface BundleContent {
  readonly madeFrom: string
  /** The file for each package or part of one, by the name under which it is imported. */
  readonly files: Readonly<Record<string, string>>
}

/** The bundle of packages, if there is one that was made from those that are installed now. */
export function findBundle(modules = installed): BundleContent | undefined {
  try {
    const content: BundleContent = JSON.parse(readFileSync(join(folderIn(modules), 'content.json'), 'utf8'))
    return content.madeFrom === hashInstalled(modules) ? content : undefined
  } catch {
    return undefined
  }
}

/** Changes with every package that npm installs, replaces or removes. */
export function hashInstalled(modules = installed): string {
  return hash('sha256', readFileSync(join(modules, '.package-lock.json')))
}

/**
 * Has what this program imports come from the bundle where there is one: finding, reading and linking some thousand small
 * files takes longer than all else of a start. Without it everything works the same.
 */
export function useBundle(): void {
  const bundle = findBundle()
  if (!bundle) return
  const addresses = new Map(
    Object.entries(bundle.files).map(([name, file]) => [name, pathToFileURL(join(bundleFolder, file)).href]),
  )
  registerHooks({
    resolve: (name, context, next) => {
      const isOurs = !context.parentURL?.includes('/node_modules/')
      return next((isOurs && addresses.get(name)) || name, context)
    },
  })
}
