export { createBackup } from './create-backup.ts'
export { moveStore } from './move-store.ts'
export { restoreBackup } from './restore-backup.ts'
