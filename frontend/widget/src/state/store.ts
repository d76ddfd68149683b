import { useLayoutEffect, useState } from 'preact/hooks'

/** One immutable state, replaced by patches; whoever listens is told after each. */
export class Store<S extends object> {
  private listeners = new Set<() => void>()
  state: S

  constructor(state: S) {
    this.state = state
  }

  set(patch: Partial<S>): void {
    this.state = { ...this.state, ...patch }
    this.listeners.forEach((listener) => listener())
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

/** The store's state; the component is drawn again after each change. */
export function useStore<S extends object>(store: Store<S>): S {
  const [, draw] = useState({})
  // At once and not after the paint: a hidden frame is not painted, and what changes before would be missed.
  useLayoutEffect(() => store.subscribe(() => draw({})), [store])
  return store.state
}
