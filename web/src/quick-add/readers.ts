import type { Chrono } from 'chrono-node'

type Locale = () => Promise<{ readonly casual: Chrono }>

/** Languages whose dates can be read; each is loaded where the browser prefers it. English is always understood. */
const locales: Readonly<Record<string, Locale>> = {
  de: () => import('chrono-node/de'),
  es: () => import('chrono-node/es'),
  fi: () => import('chrono-node/fi'),
  fr: () => import('chrono-node/fr'),
  it: () => import('chrono-node/it'),
  ja: () => import('chrono-node/ja'),
  nl: () => import('chrono-node/nl'),
  pt: () => import('chrono-node/pt'),
  ru: () => import('chrono-node/ru'),
  sv: () => import('chrono-node/sv'),
  uk: () => import('chrono-node/uk'),
  vi: () => import('chrono-node/vi'),
  zh: () => import('chrono-node/zh'),
}

/** Readers of dates for languages such as `de-AT`, in that order; unknown ones are left out. */
export async function loadReaders(languages: readonly string[]): Promise<Chrono[]> {
  const names = new Set(languages.map((language) => language.split('-')[0]?.toLowerCase() ?? ''))
  const found = [...names].flatMap((name) => locales[name] ?? [])
  return (await Promise.all(found.map((load) => load()))).map(({ casual }) => casual)
}
