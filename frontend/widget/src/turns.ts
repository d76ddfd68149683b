const PATIENCE = 15_000

/**
 * Do `work` while no other tab of this browser is at it.
 *
 * Where the browser has no locks (plain HTTP, old ones), refuses them, or a tab does not give up its turn, it is done at once.
 */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE)
  let done: Promise<T> | undefined
  const begin = (): Promise<T> => {
    clearTimeout(timer)
    return (done ??= work())
  }
  return navigator.locks ? navigator.locks.request('frontdesk', { signal: patience.signal }, begin).catch(begin) : begin()
}
