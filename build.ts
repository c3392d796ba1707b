import { bundlePackages } from './server/bundle-packages.ts'
import { buildSite } from './web/build.ts'

/** Makes what a start wants beside the sources, where it is not up to date. */
await Promise.all([buildSite(), bundlePackages()])
