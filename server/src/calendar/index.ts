export { calendarAt, type Calendar } from './calendar.ts'
export { addDays, dayIn, firstDay, isDay, lastDay } from './days.ts'
export { dayWindow, dueInstant, parseInstant } from './instants.ts'
export { findTimeZone } from './time-zones.ts'
