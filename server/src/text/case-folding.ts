/**
 * Full case folding, as Unicode's CaseFolding.txt has it (statuses C and F), by the runtime's Unicode version.
 * JavaScript lacks it; capital to small letters is nearly the same, and the rest is spelled out here.
 */
export function foldCase(text: string): string {
  return text.replace(/ı|\p{Script=Cherokee}+|[^ı\p{Script=Cherokee}]+/gu, foldRun)
}

function foldRun(run: string): string {
  if (run === 'ı') return run
  // Cherokee had capitals only at first; its small letters came later and fold to them.
  if (/^\p{Script=Cherokee}/u.test(run)) return run.toUpperCase()
  // toLowerCase writes a sigma at the end of a word as ς; folding knows no words.
  return run.replaceAll('ẞ', 'ß').toUpperCase().toLowerCase().replaceAll('ς', 'σ')
}
