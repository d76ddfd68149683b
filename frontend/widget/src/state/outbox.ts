import type { Pending } from './model'

/**
 * What the visitor sent and the hub has not confirmed, kept across reloads.
 *
 * One key per command, so that two tabs never write over each other. Sending one twice is harmless: the hub knows the id.
 */
export class Outbox {
  private prefix: string

  constructor(visitor: string) {
    this.prefix = `frontdesk:outbox:${visitor}:`
  }

  load(): Pending[] {
    return this.keys()
      .map((key) => read(key))
      .filter((command): command is Pending => command !== null)
      .map((command) => ({ ...command, state: 'waiting' as const, error: '' }))
      .sort((a, b) => a.at - b.at)
  }

  keep(command: Pending): void {
    attempt(() => localStorage.setItem(this.prefix + command.id, JSON.stringify(command)))
  }

  drop(id: string): void {
    attempt(() => localStorage.removeItem(this.prefix + id))
  }

  clear(): void {
    for (const key of this.keys()) attempt(() => localStorage.removeItem(key))
  }

  private keys(): string[] {
    return attempt(() => Object.keys(localStorage).filter((key) => key.startsWith(this.prefix))) ?? []
  }
}

function read(key: string): Pending | null {
  return attempt(() => JSON.parse(localStorage.getItem(key) ?? 'null') as Pending | null) ?? null
}

/** Storage may be refused in a frame (private windows, third-party rules): then nothing is kept, and that is all. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
