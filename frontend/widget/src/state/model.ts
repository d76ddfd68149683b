import type { Link, Transport } from '../net/connection'
import type { Author, Conversation, Element, Message, Session, Snapshot } from '../net/protocol'

/** A command the visitor gave that is not answered yet. */
export interface Pending {
  id: string
  name: 'send' | 'human'
  body: Element[]
  at: number
  /** `waiting` for a connection, `sending`, `stored` by the hub, or `failed` (then `error` may say why). */
  state: 'waiting' | 'sending' | 'stored' | 'failed'
  error: string
  /** The hub itself said no: nothing is stored there, so the visitor may throw it away. */
  refused: boolean
}

/** Everything the panel shows. */
export interface Chat {
  session: Session | null
  link: Link
  transport: Transport
  conversation: Conversation | null
  messages: Message[]
  more: boolean
  paging: boolean
  pending: Pending[]
  unread: number
  /** The first message the visitor has not seen when the panel was opened: a line stands above it. */
  marker: string
  typing: Author | null
}

export const EMPTY: Chat = {
  session: null,
  link: 'connecting',
  transport: '',
  conversation: null,
  messages: [],
  more: false,
  paging: false,
  pending: [],
  unread: 0,
  marker: '',
  typing: null,
}

/** The state the hub describes; commands it does not know of yet stay. */
export function replaced(chat: Chat, snapshot: Snapshot): Partial<Chat> {
  return {
    conversation: snapshot.conversation,
    messages: snapshot.messages,
    more: snapshot.more,
    unread: snapshot.unread,
    pending: snapshot.messages.reduce(withoutCopy, chat.pending),
    typing: null,
  }
}

/** A message found its place. */
export function added(chat: Chat, message: Message, seen: boolean): Partial<Chat> {
  if (chat.messages.some((known) => known.id === message.id)) return {}
  const foreign = message.direction === 'out'
  const unread = seen || !foreign ? chat.unread : chat.unread + 1
  return {
    messages: [...chat.messages, message],
    pending: withoutCopy(chat.pending, message),
    unread,
    marker: !seen && foreign && !chat.unread ? message.id : chat.marker,
    typing: foreign ? null : chat.typing,
  }
}

/** Something about a message is different now. */
export function changed(chat: Chat, id: string, patch: Partial<Message>): Partial<Chat> {
  return { messages: chat.messages.map((message) => (message.id === id ? { ...message, ...patch } : message)) }
}

/** Older messages, put before what is shown. */
export function prepended(chat: Chat, older: Message[], more: boolean): Partial<Chat> {
  const known = new Set(chat.messages.map((message) => message.id))
  return { messages: [...older.filter((message) => !known.has(message.id)), ...chat.messages], more, paging: false }
}

/** Where the line "new messages" belongs: above the oldest of the last `unread` messages to the visitor. */
export function firstUnread(chat: Chat): string {
  const foreign = chat.messages.filter((message) => message.direction === 'out')
  return chat.unread ? (foreign.at(-chat.unread)?.id ?? '') : ''
}

export function lastForeign(chat: Chat): Message | undefined {
  return chat.messages.findLast((message) => message.direction === 'out')
}

/** A conversation that goes on waiting keeps the card it had: only snapshots bring one along. */
export function withCard(now: Conversation, before: Conversation | null): Conversation {
  if (!now.waiting || now.id !== before?.id || !before.waiting) return now
  return { ...now, waiting: { card: before.waiting.card, ...now.waiting } }
}

function withoutCopy(pending: Pending[], message: Message): Pending[] {
  return message.client_id ? pending.filter((command) => command.id !== message.client_id) : pending
}
