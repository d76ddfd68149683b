import type { Conversation, View } from '../types'
import type { Order } from '../stores/prefs'

/** Whether an open conversation belongs to a tab of the list. */
export function belongs(conversation: Conversation, view: View, me: string): boolean {
  if (view === 'closed') return conversation.status === 'closed'
  if (conversation.status !== 'open') return false
  switch (view) {
    case 'mine':
      return conversation.owner.kind === 'agent' && conversation.owner.id === me
    case 'waiting':
      return conversation.owner.kind === 'queue'
    case 'bot':
      return conversation.owner.kind === 'bot'
    case 'all':
      return true
  }
}

/** Since when the customer waits for a person, or null. A bot's customer does not. */
export function waitsSince(conversation: Conversation): number | null {
  if (conversation.status !== 'open' || conversation.owner.kind === 'bot') return null
  return conversation.owner.kind === 'queue'
    ? (conversation.waiting_since ?? conversation.unanswered_since)
    : conversation.unanswered_since
}

function latest(conversation: Conversation): number {
  return conversation.last_message?.at ?? conversation.opened_at
}

/** Compares two rows: the longest waiting first, or the latest message first. The queue is always by age. */
export function comparator(view: View, order: Order): (a: Conversation, b: Conversation) => number {
  if (view === 'closed') return (a, b) => (b.closed_at ?? 0) - (a.closed_at ?? 0)
  if (view !== 'waiting' && order === 'latest') return (a, b) => latest(b) - latest(a)
  return (a, b) => {
    const first = waitsSince(a) ?? Infinity
    const second = waitsSince(b) ?? Infinity
    return first === second ? latest(b) - latest(a) : first - second
  }
}
