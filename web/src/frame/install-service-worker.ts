import { showToast } from '../ui/toasts.tsx'

const script = '/service-worker.js'
/** What it loads for later must not slow the first screen; milliseconds. */
const patience = 1_500

/** Lets the app start without the network. A newer version waits until the user agrees to load it. */
export function installServiceWorker(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return
  setTimeout(() => {
    void navigator.serviceWorker.register(trusted(script)).then(watchForUpdates, () => {
      // Some private windows have none: everything but starting offline works.
    })
  }, patience)
}

function watchForUpdates(registration: ServiceWorkerRegistration): void {
  const offer = () => {
    if (!registration.waiting || !navigator.serviceWorker.controller) return
    showToast('A new version of Taskwell is ready.', { label: 'Reload', run: () => useNewVersion(registration) })
  }
  offer()
  registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', offer))
}

function useNewVersion(registration: ServiceWorkerRegistration): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
  registration.waiting?.postMessage('use this version')
}

/** The one script address that the page may load by itself; the policy of the page refuses every other. */
function trusted(url: typeof script): string {
  if (!window.trustedTypes) return url
  const policy = window.trustedTypes.createPolicy('taskwell', { createScriptURL: () => script })
  return policy.createScriptURL(url) as unknown as string
}
