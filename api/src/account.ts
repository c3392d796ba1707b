import { type Static, Type } from 'typebox'
import { endpoint } from './endpoint.ts'
import { Email, Instant, nullable, text, TimeZone, trimmedText } from './values.ts'

export const User = Type.Object({
  id: Type.String(),
  name: Type.String(),
  email: Type.String(),
  emailVerified: Type.Boolean(),
  twoFactorEnabled: Type.Boolean(),
  timeZone: Type.String(),
  createdAt: Instant,
})
export type User = Static<typeof User>

export const Session = Type.Object({ id: Type.String(), createdAt: Instant, expiresAt: Instant })
export type Session = Static<typeof Session>

export const Name = trimmedText({ minLength: 1, maxLength: 100 })
const NewPassword = text({ minLength: 8, maxLength: 128 })

const SignedIn = Type.Object({ user: User, session: Session })
const tag = 'Accounts'

export const register = endpoint({
  method: 'POST',
  path: '/api/auth/register',
  summary: 'Create an account',
  description:
    'The session cookie and the header `set-auth-token` come with the reply, unless the address must be verified first.',
  tag,
  public: true,
  limit: 'registration',
  body: Type.Object(
    { name: Name, email: Email, password: NewPassword, timeZone: Type.Optional(TimeZone) },
    { additionalProperties: false },
  ),
  status: 201,
  reply: Type.Object({ user: User, session: nullable(Session) }),
  errors: ['email_taken', 'registration_closed'],
})

export const login = endpoint({
  method: 'POST',
  path: '/api/auth/login',
  summary: 'Sign in',
  description: 'Answers the session cookie, and its value for `Authorization: Bearer` in the header `set-auth-token`.',
  tag,
  public: true,
  limit: 'login',
  body: Type.Object(
    {
      email: Email,
      password: text({ minLength: 1, maxLength: 128 }),
      rememberMe: Type.Optional(Type.Boolean()),
      code: Type.Optional(text({ minLength: 1, maxLength: 64 })),
    },
    { additionalProperties: false },
  ),
  status: 200,
  reply: SignedIn,
  errors: ['invalid_credentials', 'two_factor_required', 'email_not_verified'],
})

export const logout = endpoint({
  method: 'POST',
  path: '/api/auth/logout',
  summary: 'Sign out',
  description: 'Fine without a session, too.',
  tag,
  public: true,
  limit: 'none',
  status: 204,
})

export const getSession = endpoint({
  method: 'GET',
  path: '/api/auth/session',
  summary: 'Who is signed in',
  tag,
  limit: 'read',
  status: 200,
  reply: SignedIn,
})

export const getAccount = endpoint({
  method: 'GET',
  path: '/api/account',
  summary: 'Read the own account',
  tag,
  scope: 'account:read',
  limit: 'read',
  status: 200,
  reply: User,
})

export const updateAccount = endpoint({
  method: 'PATCH',
  path: '/api/account',
  summary: 'Change name or time zone',
  tag,
  limit: 'write',
  body: Type.Object({ name: Type.Optional(Name), timeZone: Type.Optional(TimeZone) }, { additionalProperties: false }),
  status: 200,
  reply: User,
})

export const deleteAccount = endpoint({
  method: 'DELETE',
  path: '/api/account',
  summary: 'Delete the own account for good',
  description:
    'Answers when every trace is erased, which takes seconds for very many tasks. From the first moment on the account is closed and its address free.',
  tag,
  limit: 'write',
  body: Type.Object({ password: text({ minLength: 1, maxLength: 128 }) }, { additionalProperties: false }),
  status: 204,
  errors: ['invalid_credentials'],
})
