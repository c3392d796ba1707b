/** What opens an account, and what it is kept as. */
const secrets: readonly (readonly [string, RegExp])[] = [
  ['an API token', /\btw_[0-9a-zA-Z]{16}/],
  ['a cookie', /\b(session_token|two_factor|device)=/],
  ['a bearer', /\bbearer +[\w.%+/=-]{16}/i],
  ['a signed token', /\b\w{32}(\.|%2E)[\w%+/]{43}/],
  ['the link of a mail', /[?&]token=/],
  ['the hash of a password', /\$argon2/],
  ['the password that tests use', /correct horse battery/],
]

/** What the lines of a log hold of that, in words. Mails are in the log, link included, where no mail server is set. */
export function findSecrets(lines: readonly object[]): string[] {
  const text = lines
    .filter((line) => !('mail' in line && typeof line.mail === 'object'))
    .map((line) => JSON.stringify(line))
    .join('\n')
  return secrets.flatMap(([name, pattern]) => (pattern.test(text) ? [name] : []))
}
