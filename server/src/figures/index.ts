export { completedQuarters, type CompletionMark } from './completed-quarters.ts'
export { keepFigures } from './keep-figures.ts'
export { recountFigures } from './recount-figures.ts'
