import { useEffect, useState, useSyncExternalStore } from 'react'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly action?: { readonly label: string; run(): void }
}

const life = 8_000
let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()

/**
 * Says something at the edge of the screen for some seconds. A newer message takes the place of the older.
 * Answers what takes it away again.
 */
export function showToast(text: string, action?: Toast['action']): () => void {
  const id = ++lastId
  toasts = [{ id, text, ...(action && { action }) }]
  for (const listener of listeners) listener()
  return () => dismiss(id)
}

export function clearToasts(): void {
  if (toasts.length === 0) return
  toasts = []
  for (const listener of listeners) listener()
}

function dismiss(id: number): void {
  toasts = toasts.filter((toast) => toast.id !== id)
  for (const listener of listeners) listener()
}

export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    () => toasts,
  )
  return (
    <div className="toasts" role="status">
      {shown.map((toast) => (
        <ToastBox key={toast.id} toast={toast} />
      ))}
    </div>
  )
}

function ToastBox({ toast }: { toast: Toast }) {
  const [isHeld, hold] = useState(false)
  useEffect(() => {
    if (isHeld) return undefined
    const timer = setTimeout(() => dismiss(toast.id), life)
    return () => clearTimeout(timer)
  }, [isHeld, toast.id])
  return (
    <div
      className="toast"
      onMouseEnter={() => hold(true)}
      onMouseLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
    >
      <span className="toast-text" dir="auto">
        {toast.text}
      </span>
      {toast.action && (
        <button
          className="toast-action"
          type="button"
          onClick={() => {
            dismiss(toast.id)
            toast.action?.run()
          }}
        >
          {toast.action.label}
        </button>
      )}
      <button className="toast-close" type="button" aria-label="Dismiss" onClick={() => dismiss(toast.id)}>
        <span aria-hidden="true">✕</span>
      </button>
    </div>
  )
}
