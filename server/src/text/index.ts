export { countWords, foldText, searchWords, titleKey } from './fold-text.ts'
export { isLegalText } from './legal-text.ts'
