import { composeMail, type Mail } from './mail.ts'

// None holds the name of a user: whoever registers chooses it, and could have us send words of theirs to strangers.

export function verificationMail(to: string, url: string): Mail {
  return composeMail({
    to,
    subject: 'Confirm your e-mail address',
    before: ['Open this link within a day to confirm your e-mail address for Taskwell:'],
    link: { label: 'Confirm the address', url },
    after: ['If you did not ask for it, ignore this mail.'],
  })
}

export function addressTakenMail(to: string, baseUrl: string): Mail {
  return composeMail({
    to,
    subject: 'You already have an account',
    before: [
      'Somebody tried to register at Taskwell with your e-mail address, which has an account already.',
      'If it was you, sign in or reset your password here:',
    ],
    link: { label: 'Open Taskwell', url: baseUrl },
    after: ['If it was not you, ignore this mail. Nothing has changed.'],
  })
}

export function passwordResetMail(to: string, url: string): Mail {
  return composeMail({
    to,
    subject: 'Reset your password',
    before: ['Open this link within 10 minutes to choose a new password for Taskwell:'],
    link: { label: 'Choose a new password', url },
    after: ['If you did not ask for it, ignore this mail. Your password stays as it is.'],
  })
}

export function passwordChangedMail(to: string, baseUrl: string): Mail {
  return composeMail({
    to,
    subject: 'Your password was changed',
    before: [
      'The password of your Taskwell account was changed, and all other devices were signed out.',
      'If it was not you, reset your password at once:',
    ],
    link: { label: 'Open Taskwell', url: baseUrl },
    after: ['API tokens still work. Look at them in the settings, and delete those that you do not know.'],
  })
}

/** To the new address, which takes effect when the link is opened. */
export function confirmAddressMail(to: string, url: string): Mail {
  return composeMail({
    to,
    subject: 'Confirm your new e-mail address',
    before: ['Open this link within a day to make this the e-mail address of your Taskwell account:'],
    link: { label: 'Use this address', url },
    after: ['If you did not ask for it, ignore this mail.'],
  })
}

/** To the present address, whose owner can refuse. */
export function refuseAddressMail(to: string, newEmail: string, url: string): Mail {
  return composeMail({
    to,
    subject: 'Your e-mail address is about to change',
    before: [
      `Somebody who is signed in to your Taskwell account asked to change its e-mail address to ${newEmail}.`,
      'If it was you, there is nothing to do here. If not, open this link within three days to keep your address and sign out all devices:',
    ],
    link: { label: 'Keep my address', url },
    after: [],
  })
}

/** To the owner of an address that somebody else wants for an account. */
export function addressWantedMail(to: string, baseUrl: string): Mail {
  return composeMail({
    to,
    subject: 'Your e-mail address was asked for',
    before: [
      'Somebody tried to use your e-mail address for another Taskwell account. It stays with yours.',
      'If it was you, sign in with this address here:',
    ],
    link: { label: 'Open Taskwell', url: baseUrl },
    after: ['If it was not you, ignore this mail.'],
  })
}

/** Outlives the account: queue it without a user. */
export function accountDeletedMail(to: string): Mail {
  return composeMail({
    to,
    subject: 'Your account was deleted',
    before: ['Your Taskwell account and everything in it was deleted.'],
    after: ['If it was not you, tell whoever runs this server.'],
  })
}
