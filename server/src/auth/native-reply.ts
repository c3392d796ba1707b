/** The parts of a native reply that the short routes read. */
export interface NativeReply {
  readonly code?: string
  readonly message?: string
  readonly token?: string | null
  readonly twoFactorRedirect?: boolean
  readonly user?: NativeUser
}

interface NativeUser {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly emailVerified: boolean
  readonly timeZone: string
  readonly createdAt: string
}

/** Reads the JSON of a native reply; a failure inside Better Auth may have none. */
export async function readReply(response: Response): Promise<NativeReply> {
  const text = await response.text()
  return parseReply(text === '' ? '{}' : text)
}

/** The library's own routes wrote it, and contract tests hold them to this shape. */
function parseReply(text: string): NativeReply {
  const value: unknown = JSON.parse(text)
  return value as NativeReply
}
