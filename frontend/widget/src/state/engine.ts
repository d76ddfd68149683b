import { openSession, Refusal } from '../net/http'
import { Connection, type Link, type Owner, type Transport } from '../net/connection'
import type { ButtonItem, ChatEvent, Element, Outcome, Snapshot, Typing, Waiting } from '../net/protocol'
import { added, changed, EMPTY, firstUnread, lastForeign, prepended, replaced, withCard, type Chat, type Pending } from './model'
import { newId } from './ids'
import { Outbox } from './outbox'
import { Store } from './store'

const ACK_WITHIN = 8_000
const RENEW_BEFORE = 5 * 60_000
const TYPING_LASTS = 6_000
const PAGE = 50

/** What the engine needs from where it lives: where the token is kept, and who wants to hear of news. */
export interface Surroundings {
  locale: string
  token: string | null
  identity: string | null
  /** What the shop's page tells about the visit; the agents see it. */
  context: Record<string, string>
  keepToken(token: string | null): void
  /** Open the first session while no other tab opens its own. One that was before may have left a token. */
  inTurn(open: (kept: string | null) => Promise<void>): Promise<void>
}

/** The chat of one visitor: session, stream, outbox. Draws nothing. */
export class Engine implements Owner {
  readonly store = new Store<Chat>(EMPTY)
  private around: Surroundings
  private connection: Connection | null = null
  private outbox = new Outbox('')
  private tabs: BroadcastChannel | null = null
  private place: number | null = null
  private timers = new Map<string, number>()
  private asked = new Map<string, (outcome: Outcome) => void>()
  private looking = false
  private begun = false
  private signedOut = false
  private refused: string | null = null
  private readUpTo = ''
  private turn = 0

  constructor(around: Surroundings) {
    this.around = around
  }

  // -- life ------------------------------------------------------------------------------------

  /** Open the session and join the stream; does nothing the second time. */
  start(): void {
    if (this.begun) return
    this.begun = true
    void this.join()
  }

  /** Become the person the shop's server vouches for; null forgets who this was. */
  identify(identity: string | null): void {
    this.around.identity = identity
    if (!identity) this.forget()
    else if (this.begun) void this.join()
    else this.start()
  }

  /** More about the visit; the hub hears of it with the next session, which is asked for now. */
  tellContext(context: Record<string, string>): void {
    this.around.context = context
    if (this.begun && this.store.state.session) void this.renew()
  }

  private forget(): void {
    this.outbox.clear()
    this.signedOut = true
    this.around.token = null
    this.around.keepToken(null)
    if (this.begun) void this.join()
  }

  private async join(): Promise<void> {
    const turn = ++this.turn
    this.connection?.stop()
    this.tabs?.close()
    this.timers.forEach(clearTimeout)
    this.place = null
    this.readUpTo = ''
    this.outbox = new Outbox('')
    this.store.set({ ...EMPTY, session: this.store.state.session, pending: this.outbox.load() })
    await this.renew()
    if (turn !== this.turn) return // somebody else signed in meanwhile
    const visitor = this.store.state.session!.visitor.id
    this.adopt(new Outbox(visitor))
    this.tabs = new BroadcastChannel(`frontdesk:${visitor}`)
    this.tabs.onmessage = () => this.store.set({ unread: 0 })
    this.connection = new Connection(this)
  }

  /** Take up what was left unsent, and what was written before it was known who writes. */
  private adopt(outbox: Outbox): void {
    const early = this.store.state.pending
    const left = outbox.load()
    for (const command of early) {
      outbox.keep({ ...command, body: command.body.map(withoutPreview) })
      this.outbox.drop(command.id)
    }
    this.outbox = outbox
    this.store.set({ pending: [...left, ...early] })
  }

  /** Get a token, as long as it takes; an old one that is no longer good is forgotten. */
  async renew(): Promise<void> {
    const { turn } = this
    for (let wait = 500; turn === this.turn; wait = Math.min(wait * 2, 30_000)) {
      const { token, identity } = this.around
      try {
        return await (token ? this.open(turn, token) : this.around.inTurn((kept) => this.open(turn, kept)))
      } catch (error) {
        if (turn !== this.turn) return // somebody else signed in meanwhile
        const status = error instanceof Refusal ? error.status : 0
        if (identity && (status === 401 || status === 403)) this.around.identity = null
        else if (this.around.token && status === 401) {
          this.refused = this.around.token
          this.around.token = null
        } else {
          this.store.set({ link: 'offline' })
          await new Promise((done) => setTimeout(done, wait * (0.5 + Math.random() / 2)))
        }
      }
    }
  }

  private async open(turn: number, kept: string | null): Promise<void> {
    const { around } = this
    if (!this.signedOut && kept !== this.refused) around.token ??= kept
    const { token, identity, locale, context } = around
    const session = await openSession({ token, identity, locale, context })
    if (turn !== this.turn) return
    around.token = session.token
    around.identity = null // the token stands for it now
    around.keepToken(session.token)
    this.store.set({ session })
    this.later('renew', session.expires_at - Date.now() - RENEW_BEFORE, () => void this.renew())
  }

  // -- what the connection asks and tells --------------------------------------------------------

  token = (): string => this.around.token ?? ''
  locale = (): string => this.around.locale
  cursor = (): number | null => this.place

  link(link: Link, transport: Transport): void {
    this.store.set({ link, transport })
    if (link === 'online') {
      this.flush()
      this.markRead()
    } else if (link === 'offline') {
      // What was on its way may be lost: it goes again, with the same id, when there is a connection.
      this.timers.forEach((timer, id) => id !== 'renew' && clearTimeout(timer))
      this.patchPending((command) => (command.state === 'sending' ? { ...command, state: 'waiting' } : command))
      this.asked.forEach((settle) => settle({ ok: false, code: 'offline', message: '' }))
      this.asked.clear()
      this.store.set({ typing: null })
    }
  }

  replace(cursor: number, snapshot: Snapshot): void {
    this.place = cursor
    this.store.set(replaced(this.store.state, snapshot))
    this.store.set({ marker: firstUnread(this.store.state) })
    for (const message of snapshot.messages) this.confirmed(message.client_id)
    this.markRead()
  }

  event(event: ChatEvent): void {
    this.place = event.seq
    const chat = this.store.state
    if (event.kind === 'message.created') {
      this.confirmed(event.data.message.client_id)
      this.store.set(added(chat, event.data.message, this.looking))
      this.markRead()
    } else if (event.kind === 'message.changed') {
      this.store.set(changed(chat, event.data.id, { state: event.data.state, error: event.data.error }))
    } else if (event.kind === 'conversation.changed') {
      this.store.set({ conversation: withCard(event.data.conversation, chat.conversation) })
    } else if (event.kind === 'waiting.changed') {
      this.wait(event.data.conversation, { card: event.data.card })
    }
  }

  typing({ on, author }: Typing): void {
    this.store.set({ typing: on && author ? author : null })
    if (on) this.later('typing', TYPING_LASTS, () => this.store.set({ typing: null }))
  }

  waiting(id: string, place: number): void {
    this.wait(id, { place })
  }

  outcome(id: string, outcome: Outcome): void {
    this.asked.get(id)?.(outcome)
    this.asked.delete(id)
    const command = this.store.state.pending.find((pending) => pending.id === id)
    if (!command) return
    clearTimeout(this.timers.get(id))
    if (!outcome.ok) return this.failed(id, outcome.message, outcome.code !== 'busy')
    this.outbox.drop(id)
    if (command.name === 'human') this.patchPending((other) => (other.id === id ? null : other))
    else this.patchPending((other) => (other.id === id ? { ...other, state: 'stored' } : other))
  }

  // -- what the visitor does ---------------------------------------------------------------------

  /** A button says its payload; without one, what stands on it. */
  press({ label, payload }: ButtonItem): void {
    this.send([payload ? { type: 'choice', label, payload } : { type: 'text', text: label }])
  }

  send(body: Element[]): void {
    this.add('send', body)
    this.tellTyping(false)
  }

  callHuman(): void {
    if (!this.store.state.pending.some((command) => command.name === 'human')) this.add('human', [])
  }

  resend(id: string): void {
    this.patchPending((command) => (command.id === id ? { ...command, state: 'waiting', error: '', refused: false } : command))
    this.flush()
  }

  discard(id: string): void {
    this.outbox.drop(id)
    this.patchPending((command) => (command.id === id ? null : command))
  }

  tellTyping(on: boolean): void {
    this.connection?.signal('typing', { on })
  }

  /** Bring older messages. */
  async page(): Promise<void> {
    const chat = this.store.state
    const first = chat.messages[0]
    if (!first || !chat.more || chat.paging || chat.link !== 'online') return
    this.store.set({ paging: true })
    const outcome = await this.ask('history', { before: first.id, limit: PAGE })
    if (outcome.ok) this.store.set(prepended(this.store.state, outcome.data.messages, outcome.data.more))
    else this.store.set({ paging: false })
  }

  /** Tell whether the visitor has the newest messages before their eyes. */
  look(looking: boolean): void {
    if (looking && !this.looking) this.store.set({ marker: firstUnread(this.store.state) })
    this.looking = looking
    this.markRead()
  }

  // -- inside ------------------------------------------------------------------------------------

  private wait(id: string, news: Partial<Waiting>): void {
    const { conversation } = this.store.state
    if (conversation?.id !== id || !conversation.waiting) return
    this.store.set({ conversation: { ...conversation, waiting: { ...conversation.waiting, ...news } } })
  }

  private ask(name: string, data: unknown): Promise<Outcome> {
    const id = newId()
    return new Promise((settle) => {
      if (!this.connection?.do(id, name, data)) settle({ ok: false, code: 'offline', message: '' })
      else this.asked.set(id, settle)
      setTimeout(() => settle({ ok: false, code: 'timeout', message: '' }), ACK_WITHIN)
    })
  }

  private add(name: Pending['name'], body: Element[]): void {
    const id = newId()
    const command: Pending = { id, name, body, at: Date.now(), state: 'waiting', error: '', refused: false }
    this.outbox.keep({ ...command, body: body.map(withoutPreview) })
    this.store.set({ pending: [...this.store.state.pending, command] })
    this.flush()
  }

  /** Ask for everything that waits, in order. An unanswered command fails after 8 s and is never sent again by itself. */
  private flush(): void {
    for (const command of this.store.state.pending) {
      if (command.state !== 'waiting') continue
      const data = command.name === 'send' ? { body: command.body.map(withoutPreview) } : {}
      if (!this.connection?.do(command.id, command.name, data)) return
      this.patchPending((other) => (other.id === command.id ? { ...other, state: 'sending' } : other))
      this.later(command.id, ACK_WITHIN, () => this.failed(command.id, '', false))
    }
  }

  private failed(id: string, error: string, refused: boolean): void {
    this.patchPending((command) => (command.id === id ? { ...command, state: 'failed', error, refused } : command))
  }

  private confirmed(id: string): void {
    if (!id) return
    clearTimeout(this.timers.get(id))
    this.outbox.drop(id)
  }

  private markRead(): void {
    const chat = this.store.state
    const last = lastForeign(chat)
    if (!this.looking || !last || last.id === this.readUpTo || chat.link !== 'online') return
    this.readUpTo = last.id
    void this.ask('read', { message: last.id })
    this.store.set({ unread: 0 })
    this.tabs?.postMessage('read')
  }

  private patchPending(change: (command: Pending) => Pending | null): void {
    const pending = this.store.state.pending.map(change).filter((command) => command !== null)
    this.store.set({ pending })
  }

  private later(name: string, wait: number, action: () => void): void {
    clearTimeout(this.timers.get(name))
    this.timers.set(name, window.setTimeout(action, Math.max(wait, 1_000)))
  }
}

/** A local address of a picture means something in this page only. */
function withoutPreview(element: Element): Element {
  if (!('url' in element) || !('media' in element)) return element
  const { url: _, ...rest } = element
  return rest as Element
}
