import { ask, command, Refusal } from './http'
import { openSocket, UNAUTHORIZED, type Socket } from './socket'
import type { ChatEvent, Frame, Outcome, Snapshot, Typing } from './protocol'

export type Link = 'connecting' | 'online' | 'offline'
export type Transport = 'ws' | 'poll' | ''

/** What the connection asks its owner, and what it tells. */
export interface Owner {
  token(): string
  locale(): string
  cursor(): number | null
  link(link: Link, transport: Transport): void
  replace(cursor: number, snapshot: Snapshot): void
  event(event: ChatEvent): void
  typing(data: Typing): void
  /** The visitor's place in the queue is another one now. */
  waiting(conversation: string, place: number): void
  outcome(id: string, outcome: Outcome): void
  /** The token was refused. Resolves when there is another one. */
  renew(): Promise<void>
}

const FIRST_WAIT = 300
const LONGEST_WAIT = 30_000
const LIVED = 5_000
const POLL_SECONDS = 25
const TRY_SOCKET_EVERY = 30_000

/** Keeps the page joined to its stream: by a WebSocket, and where none gets through by long polling. */
export class Connection {
  private owner: Owner
  private socket: Socket | null = null
  private polling = false
  private stopped = false
  private wakeUp: (() => void) | null = null

  constructor(owner: Owner) {
    this.owner = owner
    addEventListener('online', this.wake)
    document.addEventListener('visibilitychange', this.wake)
    void this.run()
  }

  stop(): void {
    this.stopped = true
    removeEventListener('online', this.wake)
    document.removeEventListener('visibilitychange', this.wake)
    this.socket?.close()
    this.wakeUp?.()
  }

  /** Ask for a command to be done. False when there is no connection: nothing was asked. */
  do(id: string, name: string, data: unknown): boolean {
    if (this.socket) this.socket.send({ t: 'do', id, name, data })
    else if (this.polling) void this.doOverHttp(id, name, data)
    else return false
    return true
  }

  signal(name: string, data: unknown): void {
    this.socket?.send({ t: 'signal', name, data })
  }

  private async doOverHttp(id: string, name: string, data: unknown): Promise<void> {
    try {
      const outcome = await command(this.owner.token(), id, name, data)
      if (!this.stopped) this.owner.outcome(id, outcome)
    } catch {
      // No answer: the command stays open and is asked again with the same id.
    }
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopped; failures += 1) {
      if (failures === 0) this.owner.link('connecting', '')
      const began = Date.now()
      const opened = await this.open()
      let socket = opened === UNAUTHORIZED ? null : opened
      if (!socket && opened !== UNAUTHORIZED && !this.stopped) socket = await this.poll()
      if (socket) await this.live(socket)
      if (this.stopped) return
      if (Date.now() - began > LIVED) failures = 0
      this.owner.link('offline', '')
      await this.pause(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures))
    }
  }

  private async open(): Promise<Socket | null | typeof UNAUTHORIZED> {
    const opened = await openSocket(this.hello(), this.heard)
    if (opened === UNAUTHORIZED) await this.owner.renew()
    return opened
  }

  private hello(): unknown {
    return { t: 'hello', token: this.owner.token(), cursor: this.owner.cursor(), locale: this.owner.locale() }
  }

  private async live(socket: Socket): Promise<void> {
    if (this.stopped) return socket.close()
    this.socket = socket
    this.owner.link('online', 'ws')
    const code = await socket.closed
    this.socket = null
    if (code === UNAUTHORIZED && !this.stopped) await this.owner.renew()
  }

  private heard = (frame: Frame): void => {
    if (this.stopped) return
    if (frame.t === 'welcome') {
      if (frame.snapshot) this.owner.replace(frame.cursor, frame.snapshot)
    } else if (frame.t === 'event') this.apply(frame)
    else if (frame.t === 'ack') this.owner.outcome(frame.id, { ok: true, data: frame.data })
    else if (frame.t === 'error' && frame.id) this.owner.outcome(frame.id, { ok: false, code: frame.code, message: frame.message })
    else if (frame.t === 'signal' && frame.name === 'typing') this.owner.typing(frame.data)
    else if (frame.t === 'signal' && frame.name === 'waiting') this.owner.waiting(frame.data.conversation, frame.data.place)
  }

  /** False when something before this event was lost: then the socket is closed, and the replay brings it. */
  private apply(event: ChatEvent): boolean {
    const cursor = this.owner.cursor() ?? 0
    if (event.seq <= cursor) return true
    if (event.prev > cursor) {
      this.socket?.close()
      return false
    }
    this.owner.event(event)
    return true
  }

  /** Long polling, until it fails (null) or until a WebSocket opens after all (that socket). */
  private async poll(): Promise<Socket | null> {
    const abort = new AbortController()
    let opening: ReturnType<typeof openSocket> = Promise.resolve(null)
    const trying = setInterval(() => {
      opening = openSocket(this.hello(), (frame) => {
        abort.abort() // the welcome comes first: from here on the socket carries the stream
        this.heard(frame)
      })
    }, TRY_SOCKET_EVERY)
    try {
      let wait = 0 // the first answer comes at once and says that we are connected
      while (!this.stopped && !abort.signal.aborted) {
        await this.pollOnce(wait, abort.signal)
        if (!this.polling && !abort.signal.aborted) {
          this.polling = true
          this.owner.link('online', 'poll')
        }
        wait = POLL_SECONDS
      }
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) await this.owner.renew()
    } finally {
      clearInterval(trying)
      this.polling = false
    }
    if (!abort.signal.aborted) return null
    const opened = await opening
    return opened === UNAUTHORIZED ? null : opened
  }

  private async pollOnce(wait: number, signal: AbortSignal): Promise<void> {
    const cursor = this.owner.cursor()
    try {
      if (cursor === null) return await this.takeSnapshot(signal)
      const answer = await ask(`events?after=${cursor}&wait=${wait}`, this.owner.token(), undefined, signal)
      if (signal.aborted || this.stopped) return
      for (const event of answer.events as ChatEvent[]) if (!this.apply(event)) return await this.takeSnapshot(signal)
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 409) throw error
      await this.takeSnapshot(signal)
    }
  }

  private async takeSnapshot(signal: AbortSignal): Promise<void> {
    const { cursor, snapshot } = await ask('snapshot', this.owner.token(), undefined, signal)
    if (!signal.aborted && !this.stopped) this.owner.replace(cursor, snapshot)
  }

  private wake = (): void => {
    if (document.visibilityState === 'visible') this.wakeUp?.()
  }

  /** Wait with jitter, or until the browser says it is worth trying. */
  private pause(longest: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, longest * (0.5 + Math.random() / 2))
      this.wakeUp = () => {
        clearTimeout(timer)
        done()
      }
    })
  }
}
