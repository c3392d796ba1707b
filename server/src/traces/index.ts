export { startTraces, type Traces } from './start-traces.ts'
