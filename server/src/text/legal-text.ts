/** Whether both databases can store the text: no NUL, no unpaired surrogates. */
export function isLegalText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}
