import { Command } from 'commander'
import { deleteUser } from '../account/index.ts'
import { createUser, getUserId, listUsers, setPassword, verifyUser } from '../auth/index.ts'
import { createCommandAuth } from './command-auth.ts'
import { readSecretLine } from './read-secret-line.ts'
import { withReadyStore, withUpgradedStore } from './with-store.ts'

interface NewUser {
  name: string
  timeZone: string
  verified?: boolean
}

export function userCommand(): Command {
  const command = new Command('user').description('see to accounts; a running server takes part at once')
  command
    .command('list')
    .description('list the accounts, oldest first')
    .option('--json', 'one JSON object a line')
    .action(({ json = false }: { json?: boolean }) =>
      withReadyStore(async (db) => {
        for await (const user of listUsers(db)) {
          const { id, email, name, emailVerified, createdAt } = user
          const line = [id, email, emailVerified ? 'verified' : 'unverified', createdAt, JSON.stringify(name)]
          console.log(json ? JSON.stringify(user) : line.join('  '))
        }
      }),
    )
  command
    .command('create')
    .description('create an account, also when registration is closed; the password is read from standard input')
    .argument('<email>')
    .requiredOption('--name <name>', 'how the person is called')
    .option('--time-zone <zone>', 'IANA time zone', 'UTC')
    .option('--verified', 'the address needs no confirmation')
    .action((email: string, { name, timeZone, verified = false }: NewUser) =>
      withUpgradedStore(async (db, config) => {
        const password = await readSecretLine('Password: ')
        const auth = createCommandAuth(db, config)
        const user = await createUser({ db, auth }, { email, name, timeZone, password, verified })
        console.log(`created ${user.email}, ${user.id}`)
      }),
    )
  command
    .command('verify')
    .description('take an address as confirmed')
    .argument('<email>')
    .action((email: string) =>
      withReadyStore(async (db) => {
        await verifyUser(db, { email, now: new Date() })
        console.log(`${email} is verified`)
      }),
    )
  command
    .command('set-password')
    .description('set a password, read from standard input, and end all sessions of the account')
    .argument('<email>')
    .action((email: string) =>
      withReadyStore(async (db, config) => {
        const password = await readSecretLine('New password: ')
        await setPassword({ db, auth: createCommandAuth(db, config) }, { email, password, now: new Date() })
        console.log(`the password of ${email} is set, and all its sessions have ended`)
      }),
    )
  command
    .command('delete')
    .description('delete an account and everything in it, for good')
    .argument('<email>')
    .option('--yes', 'confirm it')
    .action((email: string, { yes = false }: { yes?: boolean }) =>
      withReadyStore(async (db) => {
        const userId = await getUserId(db, email)
        if (!yes) throw new Error('this deletes the account and all its tasks: confirm it with --yes')
        await deleteUser(db, { userId, now: new Date() })
        console.log(`${email} is deleted, with everything in it`)
      }),
    )
  return command
}
