import { useCallback, useState } from 'react'
import type { Group } from './task-list.ts'

/** Which groups show their tasks: all but what is done, and that too where the user looks for it. Each can be toggled. */
export function useOpenGroups(isDoneWanted: boolean): [(group: Group) => boolean, (group: Group) => void] {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const isOpen = useCallback(
    (group: Group) => toggled.has(nameOf(group, isDoneWanted)) !== (group !== 'done' || isDoneWanted),
    [toggled, isDoneWanted],
  )
  const toggle = useCallback(
    (group: Group) =>
      setToggled((before) => {
        const next = new Set(before)
        const name = nameOf(group, isDoneWanted)
        if (!next.delete(name)) next.add(name)
        return next
      }),
    [isDoneWanted],
  )
  return [isOpen, toggle]
}

/** Done tasks begin closed or open, so what was toggled in one case says nothing of the other. */
function nameOf(group: Group, isDoneWanted: boolean): string {
  return group === 'done' && isDoneWanted ? 'done, looked for' : group
}
