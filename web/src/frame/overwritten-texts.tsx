import { useEffect, useState } from 'react'
import { useSnapshot, useSync, useUser } from '../session/hooks.ts'
import { actionsOf } from '../tasks/actions.ts'
import { findOverwritten, forgetOfflineText, type Overwritten } from '../tasks/offline-texts.ts'
import { TextConflict } from '../tasks/text-conflict.tsx'

/** Texts that were written here offline and over what somebody else had written meanwhile: both, to choose from. */
export function OverwrittenTexts() {
  const sync = useSync()
  const actions = actionsOf(sync)
  const { id: userId } = useUser()
  const { status, pending, tasks } = useSnapshot()
  const [found, setFound] = useState<readonly Overwritten[]>([])
  const isSent = status === 'live' && pending === 0
  useEffect(() => {
    // Without the server it is asked again when that is back.
    if (isSent) findOverwritten(userId, sync.getSnapshot().tasks).then(setFound, () => {})
  }, [isSent, userId, sync])
  const settle = (text: Overwritten, chosen: string) => {
    const task = tasks.get(text.taskId)
    if (task && chosen !== text.own) actions.change(task, { [text.field]: chosen === '' ? null : chosen })
    forgetOfflineText(userId, text)
    setFound((before) => before.filter((other) => other !== text))
  }
  if (found.length === 0) return null
  return (
    <section className="refusals" aria-label="Changed on two devices">
      {found.map((text) => (
        <TextConflict key={`${text.taskId} ${text.field}`} {...text} choose={(chosen) => settle(text, chosen)}>
          While this device was offline, the {text.field === 'title' ? 'title' : 'notes'} of “
          <bdi>{tasks.get(text.taskId)?.title ?? 'a task'}</bdi>” had been changed elsewhere. Yours came later and are
          saved. The others were:
        </TextConflict>
      ))}
    </section>
  )
}
