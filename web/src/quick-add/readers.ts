import type { Chrono } from 'chrono-node'
import * as english from 'chrono-node/en'
import { withDottedDates } from './dotted-dates.ts'

/** They understand dates: English always, and what else the browser prefers. */
export interface Readers {
  readonly english: Chrono
  readonly others: readonly Chrono[]
}

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

/** Readers of dates for languages such as `de-AT`, the preferred one first; unknown ones are left out. */
export async function loadReaders(languages: readonly string[]): Promise<Readers> {
  const [preferred = 'en'] = languages
  const own = isDayFirst(preferred) ? english.GB : english.casual
  const names = new Set(languages.map(nameOf))
  const others = [...names].map(async (name) => {
    const reader = (await locales[name]?.())?.casual
    return reader && usesDots(name) ? withDottedDates(reader) : reader
  })
  return {
    english: usesDots(preferred) ? withDottedDates(own) : own,
    others: (await Promise.all(others)).filter((reader) => reader !== undefined),
  }
}

function nameOf(language: string): string {
  return language.split('-')[0]?.toLowerCase() ?? ''
}

/** Whether 5/12 is a day in December. In English it is, except where dates begin with the month, as in the US. */
function isDayFirst(language: string): boolean {
  const isEnglish = nameOf(language) === 'en'
  const [first] = partsOfDate(language, isEnglish ? { dateStyle: 'short' } : { day: 'numeric', month: 'numeric' })
  return first !== 'month'
}

function usesDots(language: string): boolean {
  return partsOfDate(language, { day: 'numeric', month: 'numeric' }).includes('.')
}

/** Such as `day`, `.`, `month`, `.`; those of US English for a language that is none. */
function partsOfDate(language: string, style: Intl.DateTimeFormatOptions): string[] {
  try {
    const parts = new Intl.DateTimeFormat([language, 'en-US'], style).formatToParts()
    return parts.map(({ type, value }) => (type === 'literal' ? value.trim() : type))
  } catch {
    return ['month']
  }
}
