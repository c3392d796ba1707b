const shortest = 8

/** What somebody would try here and nowhere else. */
const ownName = /^(my)?taskwell[\d!.?]*$/i

let common: Promise<ReadonlySet<string>> | undefined

/**
 * Whether the password is one of some 18,000 that people use most, upper and lower case being the same. The list is
 * read when it is first asked for: a server to which nobody comes with a new password does without.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  if (ownName.test(password)) return true
  common ??= readList()
  return (await common).has(password.toLowerCase())
}

async function readList(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'].filter((word) => word.length >= shortest))
}
