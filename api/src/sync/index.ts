export { createMemoryStorage } from './memory-storage.ts'
export { startSync } from './start-sync.ts'
export * from './storage.ts'
export * from './types.ts'
