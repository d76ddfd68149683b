const PATIENCE = 15_000
const ARRIVES = 1_500

/**
 * Do `work` while no other tab of this browser is at it, with the token that is `kept` then.
 *
 * Where the browser has no locks (plain HTTP, old ones), refuses them, or a tab does not give up its turn, it is done at once.
 */
export async function inTurn<T>(kept: () => string | null, work: (kept: string | null) => Promise<T>): Promise<T> {
  const { locks } = navigator
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE)
  let done: Promise<T> | undefined
  const begin = (waited?: boolean): Promise<T> => {
    clearTimeout(timer)
    return (done ??= (waited && !kept() ? news() : Promise.resolve()).then(() => work(kept())))
  }
  const queue = (): Promise<T> => locks.request('frontdesk', { signal: patience.signal }, () => begin(true)) as Promise<T>
  return locks ? locks.request('frontdesk', { ifAvailable: true }, (lock) => (lock ? begin() : queue())).catch(() => begin()) : begin()
}

/** What another tab keeps arrives a little later than the turn it gives up. */
function news(): Promise<unknown> {
  return new Promise((done) => {
    addEventListener('storage', done)
    setTimeout(done, ARRIVES)
  })
}
