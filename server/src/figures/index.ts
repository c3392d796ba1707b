export { completedQuarters, type CompletionMark } from './completed-quarters.ts'
export { figuresToKeep, forgetCompletion } from './keep-figures.ts'
export { recountFigures } from './recount-figures.ts'
