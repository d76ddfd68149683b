import type { Outgoing } from '../stores/outbox'
import type { Author, Element, Message } from '../types'
import { sameDay } from './format'

/** One row of a thread: a message with its place among its neighbours, or one of ours that is still on its way. */
export interface Row {
  /** Stays the same when an outgoing message becomes a stored one, so that its row is not built anew. */
  key: string
  id: string
  kind: 'in' | 'out' | 'note' | 'system'
  author: Author
  body: Element[]
  at: number
  leg: string
  state: Message['state'] | 'waiting'
  error: string
  code: string
  values: Record<string, string>
  /** The start of a day: its time, else 0. */
  day: number
  /** Continues the row before: same author, soon after. */
  joined: boolean
  /** Ours and not in the thread yet. */
  outgoing: boolean
}

const TOGETHER = 3 * 60_000

/**
 * The rows of a thread. `heads` are keys of rows that stood first while older messages were still to come: they keep their
 * author's line, and get a day's line only from the messages before them. A row that shrank when others are put above it
 * would move what somebody is reading.
 */
export function rowsOf(
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  me: Author,
  heads: ReadonlySet<string> = new Set(),
): Row[] {
  const rows = messages.map(fromMessage)
  const settled = new Set(messages.map((message) => message.client_id))
  for (const item of outgoing) if (!settled.has(item.id)) rows.push(fromOutgoing(item, me))
  rows.forEach((row, index) => place(row, rows[index - 1], heads.has(row.key)))
  return rows
}

function fromMessage(message: Message): Row {
  return {
    key: message.client_id || message.id,
    id: message.id,
    kind: message.direction,
    author: message.author,
    body: message.body,
    at: message.at,
    leg: message.leg,
    state: message.state,
    error: message.error,
    code: message.code ?? '',
    values: message.values ?? {},
    day: 0,
    joined: false,
    outgoing: false,
  }
}

function fromOutgoing(item: Outgoing, me: Author): Row {
  return {
    key: item.id,
    id: item.id,
    kind: item.visibility === 'note' ? 'note' : 'out',
    author: me,
    body: item.body,
    at: item.at,
    leg: item.leg ?? '',
    state: item.state === 'stored' ? 'queued' : item.state,
    error: item.error,
    code: '',
    values: {},
    day: 0,
    joined: false,
    outgoing: true,
  }
}

function place(row: Row, before: Row | undefined, head: boolean): void {
  if (before ? !sameDay(row.at, before.at) : !head) row.day = row.at
  row.joined =
    !head &&
    !row.day &&
    before !== undefined &&
    before.kind === row.kind &&
    before.author.id === row.author.id &&
    row.leg === (before.leg || row.leg) &&
    row.at - before.at < TOGETHER
}
