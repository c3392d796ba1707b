/// <reference lib="webworker" />
/* Keeps the shell of the app, never data: pages and scripts of one version together, so that they always fit. */

const worker = serviceWorker()
/** Put in by the build. */
const assets = '__SHELL__' as unknown as readonly string[]
/** As the server has them: other pages are its own. */
const screens = ['/', '/tasks', '/bin', '/dashboard', '/settings', '/sign-in', '/register', '/forgot-password']
const shell = ['/', '/icon.svg', '/manifest.webmanifest', ...assets]
const cacheName = `shell-${fingerprint(assets.join())}`

worker.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(shell)))
})

worker.addEventListener('activate', (event) => {
  event.waitUntil(removeOldShells().then(() => worker.clients.claim()))
})

worker.addEventListener('message', ({ data }) => {
  if (data === 'use this version') void worker.skipWaiting()
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== worker.location.origin) return
  const wanted = request.mode === 'navigate' && screens.includes(pathname) ? '/' : pathname
  if (shell.includes(wanted)) event.respondWith(fromShell(wanted, request))
})

async function fromShell(wanted: string, request: Request): Promise<Response> {
  const cache = await caches.open(cacheName)
  return (await cache.match(wanted)) ?? fetch(request)
}

async function removeOldShells(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name !== cacheName).map((name) => caches.delete(name)))
}

/** A short text that differs when the files do (FNV-1a). */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(36)
}

/** The compiler knows pages and workers at once and takes the global scope for a page's. */
function serviceWorker(): ServiceWorkerGlobalScope {
  return self as unknown as ServiceWorkerGlobalScope
}
