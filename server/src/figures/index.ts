export { keepFigures } from './keep-figures.ts'
export { recountFigures } from './recount-figures.ts'
