/**
 * Waits so long (milliseconds) and no longer. A process that stood still itself takes first what has come meanwhile.
 * @throws an error with that message when the time is over; the work may still come to its end
 */
export async function withinTime<T>(work: Promise<T>, patience: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(new Error(message))), patience)
  })
  try {
    return await Promise.race([work, end])
  } finally {
    clearTimeout(timer)
    work.catch(() => {})
    end.catch(() => {})
  }
}
