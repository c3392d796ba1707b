import { useEffect } from 'react'
import { navigate } from '../navigation.tsx'
import { Dialog } from '../ui/dialog.tsx'

const everywhere = [
  ['n', 'Add a task'],
  ['/', 'Search'],
  ['u', 'Undo the last action (also Ctrl+Z)'],
  ['g t', 'Go to tasks'],
  ['g d', 'Go to the dashboard'],
  ['g b', 'Go to the bin'],
  ['g s', 'Go to settings'],
  ['?', 'Show these keys'],
] as const

const inTheList = [
  ['↓ ↑', 'Next, previous (also j, k, which lead into the list)'],
  ['Space', 'Complete or reopen'],
  ['Enter', 'Open (also e)'],
  ['x', 'Select; with Shift everything in between'],
  ['1 2 3', 'High, medium, low priority'],
  ['t w', 'Due today, tomorrow'],
  ['Delete', 'Move to the bin (also #)'],
  ['Esc', 'Clear the selection, close without saving'],
] as const

const places: Readonly<Record<string, string>> = { t: '/tasks', d: '/dashboard', b: '/bin', s: '/settings' }

/** Keys that work on every screen while nothing is being typed. */
export function useKeys(commands: { undo(): void; help(): void }): void {
  useEffect(() => {
    let goingSince = 0
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event.target) || event.altKey) return
      if (event.ctrlKey || event.metaKey) {
        if (event.key !== 'z' || event.shiftKey) return
        event.preventDefault()
        return commands.undo()
      }
      if (event.key === '?') commands.help()
      else if (event.key === 'u') commands.undo()
      else if (event.key === 'n') focusOnTasks('quick-add')
      else if (event.key === '/') focusOnTasks('search')
      else if (event.key === 'j' || event.key === 'k')
        document.querySelector<HTMLElement>('.lines [data-active]')?.focus()
      else return
      event.preventDefault()
    }
    // Before the list sees the second key, which means something else there.
    const go = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return
      const place = Date.now() - goingSince < 1_000 ? places[event.key] : undefined
      goingSince = event.key === 'g' ? Date.now() : 0
      if (place === undefined) return
      event.preventDefault()
      event.stopPropagation()
      navigate(place)
    }
    addEventListener('keydown', press)
    addEventListener('keydown', go, true)
    return () => {
      removeEventListener('keydown', press)
      removeEventListener('keydown', go, true)
    }
  }, [commands])
}

export function KeyHelp({ close }: { close(): void }) {
  return (
    <Dialog title="Keys" close={close}>
      <div className="keys">
        <KeyTable title="Everywhere" keys={everywhere} />
        <KeyTable title="In the list" keys={inTheList} />
      </div>
    </Dialog>
  )
}

function KeyTable({ title, keys }: { title: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              {key.split(' ').map((part) => (
                <kbd key={part}>{part}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** At once where the field is there, so that not even the fastest typist loses a letter. */
function focusOnTasks(id: string): void {
  if (location.pathname !== '/tasks' && location.pathname !== '/') navigate('/tasks')
  const field = document.getElementById(id)
  if (field) field.focus()
  else requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById(id)?.focus()))
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit'].includes(target.type)
  return (
    target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.closest('dialog') !== null
  )
}
