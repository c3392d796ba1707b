const millisecondsAQuarter = 900_000
const quartersADay = 96
/** As many bits of a number as both databases and JavaScript can hold. */
const quartersAHalf = 48

/** A quarter of an hour, as its place in a row of `completion_days`: each half of the day has one bit set, or none. */
export interface Quarter {
  readonly day: number
  readonly morning: number
  readonly afternoon: number
}

/** Which quarter of an hour, counted from 1970, an instant is in. */
export function quarterAt(milliseconds: number): number {
  return Math.floor(milliseconds / millisecondsAQuarter)
}

export function placeOf(quarter: number): Quarter {
  const day = Math.floor(quarter / quartersADay)
  const place = quarter - day * quartersADay
  const bit = 2 ** (place % quartersAHalf)
  return place < quartersAHalf ? { day, morning: bit, afternoon: 0 } : { day, morning: 0, afternoon: bit }
}

/** From its first millisecond, included, to the next one's. */
export function spanOfQuarter(quarter: number): { from: number; to: number } {
  return { from: quarter * millisecondsAQuarter, to: (quarter + 1) * millisecondsAQuarter }
}
