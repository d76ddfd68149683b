/**
 * The page's side of docs/realtime.md: one WebSocket that comes back by itself.
 *
 * Knows frames, cursors and commands; what an event means is the listener's business.
 */
import type { Conversation, Message, Snapshot } from './types'
import { newId } from './lib/ids'

export type Status = 'idle' | 'connecting' | 'online' | 'reconnecting' | 'offline' | 'signed_out'

export type HubEvent =
  | { kind: 'message.created'; at: number; data: { message: Message; conversation: Conversation | null } }
  | {
      kind: 'message.changed'
      at: number
      data: { id: string; conversation_id?: string; state: Message['state']; error: string; dead_letters?: number }
    }
  | { kind: 'conversation.changed'; at: number; data: { conversation: Conversation; reload?: boolean } }
  | { kind: 'conversation.offered'; at: number; data: { conversation: Conversation } }
  | { kind: 'conversation.gone'; at: number; data: { id: string } }

export interface Listener {
  status(status: Status): void
  /** `fresh` is false for what is replayed after a reconnect: it must not ring. */
  event(event: HubEvent, fresh: boolean): void
  snapshot(snapshot: Snapshot): void
  signal(name: string, data: Record<string, unknown>): void
  /** The socket is open and what was missed is being replayed; `offset` is server time minus ours. */
  welcome(offset: number): void
  /** Round trip of the last ping in milliseconds. */
  lag(milliseconds: number): void
}

/** A command that was refused (`code` from the server), or not answered (`timeout`). */
export class CommandError extends Error {
  constructor(
    readonly code: string,
    message = '',
  ) {
    super(message)
  }
}

interface Pending {
  frame: string
  resolve: (data: never) => void
  reject: (error: CommandError) => void
  timer: number
}

interface Frame {
  t: string
  id?: string
  code?: string
  message?: string
  name?: string
  data?: unknown
  seq?: number
  prev?: number
  cursor?: number
  now?: number
  kind?: string
  at?: number
  snapshot?: Snapshot | null
}

const ACK_TIMEOUT = 8_000
const PING_EVERY = 25_000
const PONG_WITHIN = 10_000
const OPEN_WITHIN = 10_000
const FIRST_DELAY = 300
const LAST_DELAY = 30_000

export class Realtime {
  private socket: WebSocket | null = null
  private cursor: number | null = null
  private attempt = 0
  private stopped = true
  private ready = false
  private retryTimer = 0
  private pingTimer = 0
  private deadline = 0
  private pingSent = 0
  private liveFrom = 0
  private offset = 0
  private readonly pending = new Map<string, Pending>()

  constructor(
    private readonly url: string,
    private readonly locale: () => string,
    private readonly listener: Listener,
  ) {}

  start(): void {
    if (!this.stopped) return
    this.stopped = false
    this.cursor = null
    this.attempt = 0
    window.addEventListener('online', this.retryNow)
    window.addEventListener('offline', this.wentOffline)
    document.addEventListener('visibilitychange', this.becameVisible)
    this.connect()
  }

  stop(): void {
    this.stopped = true
    window.removeEventListener('online', this.retryNow)
    window.removeEventListener('offline', this.wentOffline)
    document.removeEventListener('visibilitychange', this.becameVisible)
    clearTimeout(this.retryTimer)
    this.drop()
    for (const id of [...this.pending.keys()]) this.settle(id)?.reject(new CommandError('stopped'))
  }

  /** Starts over without a cursor: the hello asks for everything anew, in the present locale. */
  refresh(): void {
    this.cursor = null
    this.drop()
    this.attempt = 0
    this.connect()
  }

  /**
   * Asks the hub to do something once. Rejects with CommandError; `timeout` means that nobody knows whether
   * it was done, so ask again with the same `id`.
   */
  do<T>(name: string, data: object, id: string = newId()): Promise<T> {
    this.settle(id)
    return new Promise<T>((resolve, reject) => {
      const frame = JSON.stringify({ t: 'do', id, name, data })
      const timer = window.setTimeout(() => {
        this.settle(id)?.reject(new CommandError(this.ready ? 'timeout' : 'offline'))
      }, ACK_TIMEOUT)
      this.pending.set(id, { frame, resolve, reject, timer })
      if (this.ready) this.transmit(frame)
    })
  }

  /** Passing news: lost when there is no connection. */
  signal(name: string, data: object): void {
    if (this.ready) this.transmit(JSON.stringify({ t: 'signal', name, data }))
  }

  get isReady(): boolean {
    return this.ready
  }

  private connect(): void {
    if (this.stopped || this.socket) return
    clearTimeout(this.retryTimer)
    this.listener.status(navigator.onLine ? (this.attempt ? 'reconnecting' : 'connecting') : 'offline')
    const socket = new WebSocket(this.url)
    this.socket = socket
    this.expect(OPEN_WITHIN)
    socket.onopen = () => {
      socket.send(JSON.stringify({ t: 'hello', cursor: this.cursor, locale: this.locale() }))
    }
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(JSON.parse(String(event.data)) as Frame)
    }
    socket.onclose = (event) => {
      if (socket === this.socket) this.closed(event.code)
    }
  }

  private closed(code: number): void {
    this.drop()
    if (this.stopped) return
    if (code === 4401) {
      this.stopped = true
      this.listener.status('signed_out')
      return
    }
    const ceiling = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** this.attempt)
    this.attempt += 1
    this.listener.status(navigator.onLine ? 'reconnecting' : 'offline')
    // Jitter over the upper half: a restarted hub is not met by all desks in the same instant.
    this.retryTimer = window.setTimeout(() => this.connect(), ceiling / 2 + (Math.random() * ceiling) / 2)
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    this.ready = false
    clearTimeout(this.pingTimer)
    clearTimeout(this.deadline)
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  /** Gives the connection up when no frame comes within `milliseconds`. */
  private expect(milliseconds: number): void {
    clearTimeout(this.deadline)
    this.deadline = window.setTimeout(() => this.closed(0), milliseconds)
  }

  private receive(frame: Frame): void {
    clearTimeout(this.deadline)
    switch (frame.t) {
      case 'welcome':
        return this.welcomed(frame)
      case 'event':
        return this.happened(frame)
      case 'ack':
        return this.settle(frame.id ?? '')?.resolve(frame.data as never)
      case 'error':
        return this.settle(frame.id ?? '')?.reject(new CommandError(frame.code ?? 'error', frame.message))
      case 'signal':
        return this.listener.signal(frame.name ?? '', frame.data as Record<string, unknown>)
      case 'pong':
        return this.listener.lag(Math.round(performance.now() - this.pingSent))
    }
  }

  private welcomed(frame: Frame): void {
    this.attempt = 0
    this.ready = true
    this.offset = (frame.now ?? Date.now()) - Date.now()
    this.liveFrom = (frame.now ?? 0) - 1_000
    if (frame.snapshot) this.listener.snapshot(frame.snapshot)
    if (frame.snapshot || this.cursor === null) this.cursor = frame.cursor ?? null
    this.listener.welcome(this.offset)
    this.listener.status('online')
    for (const { frame: command } of this.pending.values()) this.transmit(command)
    this.schedulePing()
  }

  private happened(frame: Frame): void {
    const seq = frame.seq ?? 0
    if (this.cursor !== null) {
      if (seq <= this.cursor) return
      if ((frame.prev ?? 0) > this.cursor) return this.closed(0) // a gap: come back with the cursor
    }
    this.cursor = seq
    this.listener.event(
      { kind: frame.kind, at: frame.at ?? 0, data: frame.data } as HubEvent,
      (frame.at ?? 0) >= this.liveFrom,
    )
  }

  private settle(id: string): Pending | undefined {
    const pending = this.pending.get(id)
    if (pending) {
      clearTimeout(pending.timer)
      this.pending.delete(id)
    }
    return pending
  }

  private transmit(frame: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(frame)
  }

  private schedulePing(): void {
    clearTimeout(this.pingTimer)
    this.pingTimer = window.setTimeout(() => this.ping(), PING_EVERY)
  }

  private ping(): void {
    this.pingSent = performance.now()
    this.transmit('{"t":"ping"}')
    this.expect(PONG_WITHIN)
    this.schedulePing()
  }

  private readonly retryNow = (): void => {
    if (this.stopped) return
    this.attempt = 0
    // A socket that survived a change of network is often dead without knowing it.
    if (this.ready) this.ping()
    else {
      this.drop()
      this.connect()
    }
  }

  private readonly wentOffline = (): void => {
    if (!this.stopped) this.listener.status('offline')
    if (this.ready) this.ping()
  }

  private readonly becameVisible = (): void => {
    if (document.visibilityState === 'visible') this.retryNow()
  }
}
