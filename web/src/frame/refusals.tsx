import type { SyncRefusal, SyncSnapshot, TaskChanges } from '@taskwell/api'
import { explainProblem } from '../server.ts'
import { useSnapshot, useSync } from '../session/hooks.ts'
import { showToast } from '../ui/toasts.tsx'

type SyncOperation = SyncRefusal['write']['operations'][number]

const kinds: Readonly<Record<string, string>> = {
  create: 'A new task was not saved',
  update: 'A change was not saved',
  delete: 'A task was not deleted',
  restore: 'A task was not restored',
  erase: 'A task was not erased',
  'empty bin': 'The bin was not emptied',
  undo: 'It could not be undone',
}

/** Writes that the server would not take: why, and what the user had typed, until they have read it. */
export function Refusals() {
  const sync = useSync()
  const { refusals, tasks } = useSnapshot()
  if (refusals.length === 0) return null
  return (
    <section className="refusals" role="alert" aria-label="Not saved">
      {refusals.map((refusal) => {
        const typed = refusal.write.operations.flatMap((operation) => typedText(operation, tasks))
        return (
          <article key={refusal.write.id} className="refusal">
            <p>
              <strong>{kinds[refusal.write.kind] ?? 'Changes were not saved'}.</strong> {reasonOf(refusal)}
            </p>
            {typed.length > 0 && (
              <ul className="refusal-typed">
                {typed.slice(0, 20).map((line, index) => (
                  <li key={index} dir="auto">
                    {line}
                  </li>
                ))}
              </ul>
            )}
            <div className="form-actions">
              {typed.length > 0 && (
                <button type="button" className="button small" onClick={() => void copy(typed.join('\n'))}>
                  Copy the text
                </button>
              )}
              <button type="button" className="button small" onClick={() => sync.dismissRefusal(refusal.write.id)}>
                Dismiss
              </button>
            </div>
          </article>
        )
      })}
    </section>
  )
}

/** In the words of somebody who knows tasks and nothing of requests. */
function reasonOf({ write, problem }: SyncRefusal): string {
  if (write.kind === 'undo' && problem.code === 'conflict') return 'The task was changed again since.'
  if (problem.code === 'not_found') return 'The task is not there any more: it was erased, here or on another device.'
  return explainProblem(problem)
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text).then(
    () => showToast('Copied'),
    () => showToast('The browser did not allow copying: select the text instead'),
  )
}

function typedText(operation: SyncOperation, tasks: SyncSnapshot['tasks']): string[] {
  if (operation.op === 'create') return [operation.task.title, operation.task.description ?? ''].filter(Boolean)
  const title = tasks.get(operation.id)?.title
  if (operation.op !== 'update') return title === undefined ? [] : [title]
  const { title: newTitle, description, ...rest } = operation.changes
  return [newTitle ?? title ?? '', description ?? '', ...otherChanges(rest)].filter(Boolean)
}

function otherChanges({ completed, priority, dueDate, dueTime }: TaskChanges): string[] {
  return [
    completed === undefined ? '' : completed ? 'done' : 'not done',
    priority === undefined ? '' : `${priority} priority`,
    dueDate === undefined ? '' : dueDate === null ? 'no date' : `due ${dueDate}`,
    dueTime === undefined || dueDate === null ? '' : dueTime === null ? 'no time' : `at ${dueTime}`,
  ]
}
