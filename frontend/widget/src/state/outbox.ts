import type { Pending } from './model'

/**
 * What the visitor sent and the hub has not confirmed, kept across reloads.
 *
 * One key per command, so that two tabs never write over each other. Sending one twice is harmless: the hub knows the id.
 * Before it is known who writes (`visitor` is empty) it is this tab's alone: two tabs may become two visitors.
 */
export class Outbox {
  private prefix: string
  private storage: () => Storage

  constructor(visitor: string) {
    this.prefix = `frontdesk:outbox:${visitor}:`
    this.storage = () => (visitor ? localStorage : sessionStorage)
  }

  load(): Pending[] {
    return this.keys()
      .map((key) => this.read(key))
      .filter((command): command is Pending => command !== null)
      .map((command) => ({ ...command, state: 'waiting' as const, error: '' }))
      .sort((a, b) => a.at - b.at)
  }

  keep(command: Pending): void {
    attempt(() => this.storage().setItem(this.prefix + command.id, JSON.stringify(command)))
  }

  drop(id: string): void {
    attempt(() => this.storage().removeItem(this.prefix + id))
  }

  clear(): void {
    for (const key of this.keys()) attempt(() => this.storage().removeItem(key))
  }

  private read(key: string): Pending | null {
    return attempt(() => JSON.parse(this.storage().getItem(key) ?? 'null') as Pending | null) ?? null
  }

  private keys(): string[] {
    return attempt(() => Object.keys(this.storage()).filter((key) => key.startsWith(this.prefix))) ?? []
  }
}

/** Storage may be refused in a frame (private windows, third-party rules): then nothing is kept, and that is all. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}
