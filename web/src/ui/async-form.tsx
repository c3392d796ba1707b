import { type ReactNode, useId, useState } from 'react'
import { explain } from '../server.ts'

export interface FormFields {
  /** The text of a field; empty when there is none. */
  text(name: string): string
  isChecked(name: string): boolean
}

/** A form that says what went wrong, and is busy while the server works. */
export function AsyncForm(props: {
  submit(fields: FormFields): Promise<void>
  action: string
  isDangerous?: boolean
  /** Says it in other words, where the server's are not the best. */
  explain?(error: unknown): ReactNode | undefined
  children: ReactNode
  extra?: ReactNode
}) {
  const [error, setError] = useState<ReactNode>()
  const [isBusy, setBusy] = useState(false)
  const errorId = useId()
  const submit = async (form: HTMLFormElement) => {
    if (isBusy) return
    const values = new FormData(form)
    setBusy(true)
    setError(undefined)
    try {
      await props.submit({
        text: (name) => String(values.get(name) ?? ''),
        isChecked: (name) => values.get(name) !== null,
      })
    } catch (failure) {
      setError(props.explain?.(failure) ?? explain(failure))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="form"
      aria-describedby={error === undefined ? undefined : errorId}
      onSubmit={(event) => {
        event.preventDefault()
        void submit(event.currentTarget)
      }}
    >
      {props.children}
      <p className="form-error" id={errorId} role="alert">
        {error}
      </p>
      <div className="form-actions">
        <button className={props.isDangerous ? 'button danger' : 'button primary'} type="submit" aria-disabled={isBusy}>
          {isBusy ? 'One moment…' : props.action}
        </button>
        {props.extra}
      </div>
    </form>
  )
}
