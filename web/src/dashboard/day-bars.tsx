import { type PointerEvent, useState } from 'react'

export interface Day {
  readonly name: string
  readonly created: number
  readonly completed: number
}

/** At most so many days are named, and about so many lines drawn. */
const mostNames = 5
const lines = 5
/** Where the two bars of a day begin, and how wide they are, in days. */
const bars = { created: 0.1, completed: 0.52, width: 0.38 } as const

/** Two bars a day, as two paths, so that a year is drawn as fast as a week. Pointing at a day tells its numbers. */
export function DayBars({ days }: { days: readonly Day[] }) {
  const [pointed, pointAt] = useState<number>()
  const step = niceStep(Math.max(1, ...days.flatMap(({ created, completed }) => [created, completed])))
  const top =
    step * Math.max(1, ...days.map(({ created, completed }) => Math.ceil(Math.max(created, completed) / step)))
  const ticks = Array.from({ length: top / step + 1 }, (_, index) => index * step)
  const distance = Math.ceil(days.length / mostNames)
  const isNamed = (index: number) =>
    days.length <= 7 || (days.length - 1 - index) % distance === Math.floor(distance / 2)
  const path = (kind: 'created' | 'completed') =>
    days.map((day, index) => `M${index + bars[kind]} ${top}v${-day[kind]}h${bars.width}v${day[kind]}z`).join('')
  const point = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    pointAt(Math.max(0, Math.min(days.length - 1, Math.floor(((event.clientX - left) / width) * days.length))))
  }
  const day = pointed === undefined ? undefined : days[pointed]
  return (
    <div className="bars" dir="ltr">
      <div className="bars-scale">
        {ticks.map((tick) => (
          <span key={tick}>{tick.toLocaleString()}</span>
        ))}
      </div>
      <div className="bars-plot" onPointerDown={point} onPointerMove={point} onPointerLeave={() => pointAt(undefined)}>
        <svg viewBox={`0 0 ${days.length} ${top}`} preserveAspectRatio="none">
          {ticks.map((tick) => (
            <line key={tick} x1="0" x2={days.length} y1={tick} y2={tick} />
          ))}
          {day && <rect className="bars-pointed" x={pointed} y="0" width="1" height={top} />}
          <path className="bars-created" d={path('created')} />
          <path className="bars-completed" d={path('completed')} />
        </svg>
        {day && pointed !== undefined && <Tip day={day} at={(pointed + 0.5) / days.length} />}
      </div>
      <div className="bars-names">
        {days.map(
          ({ name }, index) =>
            isNamed(index) && (
              <span key={name} style={{ insetInlineStart: `${((index + 0.5) / days.length) * 100}%` }}>
                {name}
              </span>
            ),
        )}
      </div>
    </div>
  )
}

/** `at`: 0 is the first day, 1 the last; it never leaves the chart. */
function Tip({ day, at }: { day: Day; at: number }) {
  const place = `${at * 100}%`
  return (
    <p className="bars-tip" style={{ insetInlineStart: place, transform: `translateX(-${place})` }}>
      <strong>{day.name}</strong>
      <span>{day.created.toLocaleString()} created</span>
      <span>{day.completed.toLocaleString()} completed</span>
    </p>
  )
}

/** 1, 2, 5, 10, 20, 50 …: the least with which a few lines reach as high as `most`. */
function niceStep(most: number): number {
  const least = Math.max(1, most / lines)
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10)
}
