export { createRealtime } from './create-realtime.ts'
