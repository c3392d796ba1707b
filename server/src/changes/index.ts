export { listChanges } from './list-changes.ts'
export { createFeed, type Feed } from './feed.ts'
