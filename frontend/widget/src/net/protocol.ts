/** The shapes of docs/realtime.md, as the widget sees them. */

export interface ButtonItem { label: string; payload?: string; url?: string }

export type Element =
  | { type: 'text'; text: string }
  | { type: 'image'; media: string; url?: string; alt?: string; name?: string; mime?: string; width?: number; height?: number; size?: number }
  | { type: 'file'; media: string; url?: string; name: string; mime?: string; size?: number }
  | { type: 'voice'; media: string; url?: string; seconds?: number; transcript?: string }
  | { type: 'video'; media: string; url?: string; seconds?: number; name?: string }
  | { type: 'location'; latitude: number; longitude: number; name?: string; address?: string }
  | { type: 'card'; title: string; text?: string; url?: string; image?: string }
  | { type: 'buttons'; text?: string; buttons: ButtonItem[] }
  | { type: 'choice'; label: string; payload: string }
  | { type: 'mention'; id: string; name?: string }
  | { type: 'quote'; message: string; text?: string }

export interface Author { kind: 'person' | 'agent' | 'bot' | 'system'; id: string; name: string }

export interface Message {
  id: string
  conversation: string
  direction: 'in' | 'out' | 'system'
  author: Author
  body: Element[]
  at: number
  state: 'received' | 'queued' | 'sent' | 'delivered' | 'read' | 'failed'
  client_id: string
  code?: string
  error?: string
}

export interface Conversation {
  id: string
  status: 'open' | 'closed'
  owner: { kind: 'bot' | 'queue' | 'agent'; name: string }
  waiting: Waiting | null
}

/** How it is for somebody who waits; `card` is what whoever decides about that has told. */
export interface Waiting { place: number; card?: WaitCard | null }

/** Words for people, in each language the hub speaks. */
export type Both = Record<string, string>

export interface WaitCard { place: number; title: Both; text: Both; actions: WaitAction[] }

/** Something one may do instead of waiting: `asks` for one value first, `writes` has a message written first. */
export interface WaitAction {
  payload: string
  label: Both
  asks?: { type: string; name: string; label: Both; hint: Both }
  writes?: Both
}

export interface Visitor { id: string; name: string; verified: boolean }

export interface Snapshot {
  visitor: Visitor
  conversation: Conversation | null
  messages: Message[]
  more: boolean
  unread: number
}

export interface Session {
  token: string
  expires_at: number
  visitor: Visitor
  greeting: { text: string; buttons: ButtonItem[] }
  title: string
  limits: { text: number; upload_bytes: number; upload_types: string[] }
}

export interface Upload { media: string; mime: string; size: number; width: number; height: number; name: string }

export type ChatEvent = { t: 'event'; seq: number; prev: number; at: number } & (
  | { kind: 'message.created'; data: { message: Message } }
  | { kind: 'message.changed'; data: { id: string; state: Message['state']; error: string } }
  | { kind: 'conversation.changed'; data: { conversation: Conversation } }
  | { kind: 'waiting.changed'; data: { conversation: string; card: WaitCard } }
)

export interface Typing { on: boolean; author?: Author }

export type Frame =
  | { t: 'welcome'; cursor: number; now: number; snapshot: Snapshot | null }
  | ChatEvent
  | { t: 'ack'; id: string; data: any }
  | { t: 'error'; id?: string; code: string; message: string }
  | { t: 'signal'; name: 'typing'; data: Typing }
  | { t: 'signal'; name: 'waiting'; data: { conversation: string; place: number } }
  | { t: 'pong' }

/** How a command ended: done and stored, or refused with a reason in the visitor's language. */
export type Outcome = { ok: true; data: any } | { ok: false; code: string; message: string }
