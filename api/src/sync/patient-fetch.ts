/** No request of ours takes longer while the server is well, in milliseconds. */
const patience = 30_000

/** A fetch that gives up in the end, so that nothing waits for ever behind it. */
export function patientFetch(fetcher: typeof fetch, closing: AbortSignal): typeof fetch {
  return (input, init) => fetcher(input, { ...init, signal: AbortSignal.any([closing, AbortSignal.timeout(patience)]) })
}
