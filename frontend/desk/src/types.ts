/** The shapes of docs/realtime.md and docs/api.md, as the workbench sees them. Times are milliseconds since 1970. */

export type Role = 'agent' | 'supervisor' | 'admin'
export type AgentState = 'online' | 'break' | 'training' | 'offline'
export type OwnerKind = 'bot' | 'queue' | 'agent'
export type Direction = 'in' | 'out' | 'note' | 'system'
export type MessageState = 'received' | 'queued' | 'sent' | 'delivered' | 'read' | 'failed'

export interface Agent {
  id: string
  login: string
  name: string
  role: Role
  teams: string[]
  state: AgentState
  connected: boolean
  active?: boolean
}

export interface Team {
  id: string
  name: string
}

export interface Channel {
  name: string
  platform: string
  title: string
  kinds: string[]
  max_text: number
}

export interface Leg {
  id: string
  channel: string
  platform: string
  live: boolean
}

/** What may still be sent on a leg: `left` messages (null: any number) `until` then (null: always), by the platform's rule `why`. */
export interface Allowance {
  left: number | null
  until: number | null
  why: string
}

export interface Conversation {
  id: string
  person: { id: string; name: string; tier: string; verified: boolean }
  status: 'open' | 'closed'
  owner: { kind: OwnerKind; id: string; name: string }
  team: string
  reason: string
  legs: Leg[]
  opened_at: number
  closed_at: number | null
  waiting_since: number | null
  unanswered_since: number | null
  last_message: { text: string; at: number; direction: Direction } | null
  unread: number
  tags: string[]
  version: number
}

export interface Button {
  label: string
  payload?: string
  url?: string
}

/** One element of a body; which fields are set depends on `type` (docs/concepts.md). */
export interface Element {
  type:
    | 'text' | 'image' | 'file' | 'voice' | 'video' | 'location'
    | 'card' | 'buttons' | 'choice' | 'mention' | 'quote'
  text?: string
  media?: string
  url?: string
  alt?: string
  name?: string
  mime?: string
  width?: number
  height?: number
  size?: number
  seconds?: number
  transcript?: string
  latitude?: number
  longitude?: number
  address?: string
  title?: string
  image?: string
  buttons?: Button[]
  label?: string
  payload?: string
  id?: string
  message?: string
}

export interface Author {
  kind: 'person' | 'agent' | 'bot' | 'system'
  id: string
  name: string
}

export interface Message {
  id: string
  conversation: string
  leg: string
  direction: Direction
  author: Author
  body: Element[]
  at: number
  state: MessageState
  client_id: string
  error: string
  code?: string
  /** What stands in a line of the house. */
  values?: Record<string, string>
}

export interface Canned {
  title: string
  text: string
}

export interface Snapshot {
  me: Agent
  agents: Agent[]
  teams: Team[]
  channels: Channel[]
  conversations: Conversation[]
  /** The plugins of the configuration, so that a page asks only those that are there. */
  plugins: string[]
  canned: Canned[]
  dead_letters: number
  locale: string
}

export interface Identity {
  platform: string
  scope: string
  external_id: string
  verified: boolean
  source: string
  linked_at: number
}

export interface Panel {
  id: string
  title: string
  items: { label: string; value: string; url: string }[]
}

export interface Suggestion {
  text: string
  confidence: number
  source: string
}

export interface ConversationDetails {
  conversation: Conversation
  person: {
    id: string
    name: string
    attributes: Record<string, unknown>
    identities: Identity[]
    conversations: Conversation[]
  }
  panels: Panel[]
  suggestions: Suggestion[]
}

/** One thing that happened in a conversation, in words; `message` is the id of the one it is about, or nothing. */
export interface Step {
  at: number
  kind: string
  text: string
  message: string
}

export interface DeadLetter {
  id: string
  direction: Direction
  channel: string
  conversation: string
  text: string
  error: string
  attempts: number
  at: number
}

export interface PluginInstance {
  name: string
  plugin: string
  state: string
  reason: string
  since: number
}

export interface Upload {
  media: string
  mime: string
  size: number
  width: number
  height: number
  name: string
}

/** The tabs of the conversation list. */
export type View = 'mine' | 'waiting' | 'bot' | 'all' | 'closed'
