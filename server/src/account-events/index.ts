export { createFailureLog, type FailedSignIn } from './failure-log.ts'
export { listAccountEventsWith } from './list-account-events.ts'
export { type Origin, originOf, recordEvent } from './record-event.ts'
export { listEvents, toEvent } from './queries.ts'
