import { longestTexts, type Task, type TaskChanges } from '@taskwell/api'

/** A task as its editor shows it: what is not there is an empty text. */
export interface Draft {
  readonly title: string
  readonly description: string
  readonly priority: Task['priority']
  readonly dueDate: string
  readonly dueTime: string
  readonly dueTimeZone: string
}

/** What a user types into a task, and how the task was when they began. */
export interface Edit {
  readonly base: Draft
  readonly draft: Draft
}

export const texts = ['title', 'description'] as const
export type TextField = (typeof texts)[number]
/** A time is nothing without its day, so they are one. */
const units: readonly (readonly (keyof Draft)[])[] = [
  ['title'],
  ['description'],
  ['priority'],
  ['dueDate', 'dueTime', 'dueTimeZone'],
]

export function draftOf(task: Task): Draft {
  return {
    title: task.title,
    description: task.description ?? '',
    priority: task.priority,
    dueDate: task.dueDate ?? '',
    dueTime: task.dueTime ?? '',
    dueTimeZone: task.dueTimeZone ?? '',
  }
}

/** Brings to the editor what came to the task from elsewhere, except where the user has typed something else. */
export function follow(edit: Edit, present: Draft): Edit {
  const untouched = units.filter((unit) => unit.every((field) => edit.draft[field] === edit.base[field])).flat()
  const news = pick(present, untouched)
  return { base: { ...edit.base, ...news }, draft: { ...edit.draft, ...news } }
}

/** Texts that were changed here and elsewhere in different ways. Of the rest the last change counts. */
export function conflictsOf({ base, draft }: Edit, present: Draft): TextField[] {
  return texts.filter(
    (field) => draft[field] !== base[field] && present[field] !== base[field] && present[field] !== draft[field],
  )
}

/** The text that the user has chosen, now that they have seen the other one. */
export function settle(edit: Edit, present: Draft, field: TextField, text: string): Edit {
  return {
    base: { ...edit.base, [field]: present[field] },
    draft: { ...edit.draft, [field]: text },
  }
}

/** Whether the server would refuse it. */
export function isTooLong(field: TextField, text: string): boolean {
  // A title is trimmed before it is judged; code points are never more than the units of a string.
  const judged = field === 'title' ? text.trim() : text
  return judged.length > longestTexts[field] && Array.from(judged).length > longestTexts[field]
}

/** Both texts in one; the user's own where there is no room for both. The history keeps the other. */
export function joinTexts(field: TextField, theirs: string, own: string): string {
  const both = [theirs, own].filter((text) => text.trim() !== '').join(field === 'title' ? ' / ' : '\n\n')
  return isTooLong(field, both) ? own : both
}

/** For whoever leaves without having chosen: neither text is lost. */
export function joinConflicts(edit: Edit, present: Draft): Edit {
  return conflictsOf(edit, present).reduce(
    (joined, field) => settle(joined, present, field, joinTexts(field, present[field], edit.draft[field])),
    edit,
  )
}

/** Only what the user changed, so that what another device changed meanwhile stays. */
export function changesBetween({ base, draft: typed }: Edit, present: Draft): TaskChanges {
  const title = typed.title.trim()
  const draft = { ...typed, title: title === '' ? base.title : title }
  const changed = units
    .filter((unit) => unit.some((field) => draft[field] !== base[field]))
    .flat()
    .filter((field) => draft[field] !== present[field])
  return Object.fromEntries(changed.map((field) => [field, draft[field] === '' ? null : draft[field]]))
}

function pick(draft: Draft, fields: readonly (keyof Draft)[]): Partial<Draft> {
  return Object.fromEntries(fields.map((field) => [field, draft[field]]))
}
