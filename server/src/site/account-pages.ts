import type { FastifyInstance } from 'fastify'
import { html } from '../html.ts'
import type { Visit } from '../verb.ts'
import { acceptForms, readField, readToken } from './forms.ts'
import { type Page, sendPage } from './page.ts'

/** What the pages behind the links of mails do. Times out of the links' lives are for these to judge. */
export interface AccountPageVerbs {
  confirmEmail(token: string): Promise<'confirmed' | 'taken' | 'expired'>
  refuseEmail(token: string): Promise<'refused' | 'taken' | 'expired'>
  /** Answers a fault of the password in plain words, or what became of the link. */
  resetPassword(visit: Visit, input: { token: string; newPassword: string }): Promise<ResetOutcome>
}

export type ResetOutcome = 'changed' | 'expired' | { readonly fault: string }

/** The pages that links in mails lead to. They work without any script, so that the web app may take them over one by one. */
export function mountAccountPages(app: FastifyInstance, verbs: AccountPageVerbs): void {
  app.register(async (scope) => {
    acceptForms(scope)

    scope.get('/verify', async ({ query }, reply) => {
      const hasFailed = typeof query === 'object' && query !== null && 'error' in query
      return sendPage(reply, hasFailed ? expired : verified)
    })

    scope.get('/confirm-email', async (request, reply) =>
      sendPage(reply, confirmations[await verbs.confirmEmail(readToken(request))]),
    )

    // Programs that look through mails open links, too: only a press of the button counts.
    scope.get('/refuse-email', async (request, reply) => sendPage(reply, refusalForm(readToken(request))))

    scope.post('/refuse-email', async (request, reply) =>
      sendPage(reply, refusals[await verbs.refuseEmail(readField(request, 'token'))]),
    )

    scope.get('/reset-password', async (request, reply) => {
      const token = readToken(request)
      return sendPage(reply, token === '' ? expired : resetForm(token))
    })

    scope.post('/reset-password', async (request, reply) => {
      const token = readField(request, 'token')
      const input = { token, newPassword: readField(request, 'newPassword') }
      const { headers, ip } = request
      const outcome = await verbs.resetPassword({ headers, ip }, input)
      if (outcome === 'changed') return sendPage(reply, passwordChanged)
      return sendPage(reply, outcome === 'expired' ? expired : resetForm(token, outcome.fault))
    })
  })
}

const expired: Page = {
  title: 'This link does not work any more',
  body: html`<p class="lead">
    It was used already, has expired, or a newer one was asked for. Ask for a new link and open it soon.
  </p>`,
  status: 400,
}

const verified: Page = {
  title: 'Your address is confirmed',
  body: html`<p class="lead">You can sign in now.</p>`,
}

const taken: Page = {
  title: 'This address is taken',
  body: html`<p class="lead">Another account has this e-mail address by now. Choose another one.</p>`,
  status: 400,
}

const confirmations: Record<'confirmed' | 'taken' | 'expired', Page> = {
  confirmed: {
    title: 'Your new address is in use',
    body: html`<p class="lead">Sign in with it from now on.</p>`,
  },
  taken,
  expired,
}

const refusals: Record<'refused' | 'taken' | 'expired', Page> = {
  refused: {
    title: 'Your account keeps its address',
    body: html`<p class="lead">All devices were signed out. Somebody else may know your password: reset it now.</p>`,
  },
  taken,
  expired,
}

const passwordChanged: Page = {
  title: 'Your password was changed',
  body: html`<p class="lead">All devices were signed out. Sign in with the new password.</p>`,
}

function refusalForm(token: string): Page {
  return {
    title: 'Keep your e-mail address?',
    body: html`<p class="lead">Your account keeps its old address, and all devices are signed out.</p>
      <form method="post" action="/refuse-email">
        <input type="hidden" name="token" value="${token}" />
        <button>Keep my address</button>
      </form>`,
  }
}

function resetForm(token: string, fault?: string): Page {
  const notice = fault === undefined ? html`` : html`<p id="fault" role="alert">${fault}</p>`
  const described = fault === undefined ? html`` : html` aria-invalid="true" aria-describedby="fault"`
  return {
    title: 'Choose a new password',
    body: html`<form method="post" action="/reset-password">
      <input type="hidden" name="token" value="${token}" />
      <label for="new-password">New password, 8 characters or more</label>
      <input id="new-password" type="password" name="newPassword" required autocomplete="new-password" ${described} />
      ${notice}
      <button>Change the password</button>
    </form>`,
    status: fault === undefined ? 200 : 422,
  }
}
