export { createLimits } from './create-limits.ts'
export { type Limits, type LimitSettings, noLimits } from './limits.ts'
export { limitHeaders, type Meter } from './meter.ts'
