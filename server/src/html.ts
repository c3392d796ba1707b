/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

/** Makes HTML; every value in it is escaped, unless it was made by this function. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  return { html: parts.map((part, index) => part + render(values[index] ?? '')).join('') }
}

function render(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return 'html' in value ? value.html : value.map(render).join('')
}
