/** Dates in the manner of the browser's region and in the language of the app: `Sat, 18:00` and `30 Oct` in Germany. */
export const dateLocale = englishOf(navigator.language)

export function englishOf(language: string): string {
  const region = regionOf(language)
  const wanted = `en-${region}`
  if (region === 'US') return wanted
  // Where English has no manner of its own, that of most of the world is nearer than that of the US.
  return new Intl.DateTimeFormat(wanted).resolvedOptions().locale === wanted ? wanted : 'en-GB'
}

function regionOf(language: string): string {
  try {
    return new Intl.Locale(language).maximize().region ?? 'US'
  } catch {
    // Some browsers name what is no language, such as `en-US@posix`.
    return 'US'
  }
}
