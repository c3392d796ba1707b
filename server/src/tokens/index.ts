export { createToken } from './create-token.ts'
export { deleteToken } from './delete-token.ts'
export { listTokens } from './list-tokens.ts'
export { findTokens, toToken } from './queries.ts'
