import { defineStore } from 'pinia'
import { computed, shallowReactive } from 'vue'
import type { Element, Message } from '../types'
import { keysOf, load, save } from '../lib/storage'
import { newId } from '../lib/ids'
import { CommandError } from '../realtime'

/** A message of ours that has no place in its thread yet. `id` becomes the message's `client_id`. */
export interface Outgoing {
  id: string
  conversation: string
  body: Element[]
  visibility: 'public' | 'note'
  leg: string | null
  at: number
  /** waiting: not sent, or not answered yet; stored: the hub has it; failed: see `error`. */
  state: 'waiting' | 'stored' | 'failed'
  error: string
}

/** Sends `outgoing` with its own id; resolves when the hub has stored it, else rejects with CommandError. */
export type Transport = (outgoing: Outgoing) => Promise<unknown>

/**
 * What was written but is not yet in the thread. Kept in localStorage until the hub acknowledges, one key for
 * each message so that two tabs never overwrite each other; asking twice with one id sends once.
 */
export const useOutbox = defineStore('outbox', () => {
  const items = shallowReactive(new Map<string, Outgoing>())
  const busy = new Set<string>()
  let prefix = ''
  let transport: Transport | null = null
  let isReady: () => boolean = () => false

  /** Begins for one agent: what an earlier page of theirs left unsent is taken up again. */
  function open(agent: string, send: Transport, ready: () => boolean): void {
    prefix = `frontdesk.outbox.${agent}.`
    transport = send
    isReady = ready
    items.clear()
    busy.clear()
    const stored = keysOf(prefix).map((key) => load<Outgoing | null>(key, null))
    for (const item of stored.filter((item) => item !== null).sort((a, b) => a.at - b.at)) items.set(item.id, item)
  }

  function put(item: Outgoing): void {
    items.set(item.id, item)
    save(prefix + item.id, item.state === 'stored' ? null : item)
  }

  function send(message: Pick<Outgoing, 'conversation' | 'body' | 'visibility' | 'leg'>): Outgoing {
    const item: Outgoing = { ...message, id: newId(), at: Date.now(), state: 'waiting', error: '' }
    put(item)
    void pump(item.conversation)
    return item
  }

  /** Sends what waits in one conversation, in order. */
  async function pump(conversation: string): Promise<void> {
    if (busy.has(conversation)) return
    busy.add(conversation)
    try {
      let next: Outgoing | undefined
      while (isReady() && (next = ofConversation(conversation).find((item) => item.state === 'waiting'))) {
        if (!(await attempt(next))) break
      }
    } finally {
      busy.delete(conversation)
    }
  }

  /** One try; false when there is no connection and the message goes on waiting. */
  async function attempt(item: Outgoing): Promise<boolean> {
    try {
      await transport!(item)
      if (items.has(item.id)) put({ ...item, state: 'stored' })
      return true
    } catch (error) {
      const code = error instanceof CommandError ? error.code : 'error'
      if (code === 'offline' || code === 'stopped') return false
      const reason = code === 'timeout' ? 'timeout' : (error as Error).message || code
      if (items.has(item.id)) put({ ...item, state: 'failed', error: reason })
      return true
    }
  }

  /** The connection is back: everything that waits is sent again. */
  function resume(): void {
    for (const conversation of new Set([...items.values()].map((item) => item.conversation))) void pump(conversation)
  }

  /** Tries a failed message again, with the id it always had. */
  function retry(id: string): void {
    const item = items.get(id)
    if (!item) return
    put({ ...item, state: 'waiting', error: '' })
    void pump(item.conversation)
  }

  /** The message has its place in the thread, or was given up. */
  function drop(id: string): void {
    if (!items.delete(id)) return
    save(prefix + id, null)
  }

  function settle(messages: readonly Message[]): void {
    for (const message of messages) if (message.client_id) drop(message.client_id)
  }

  function ofConversation(conversation: string): Outgoing[] {
    return [...items.values()].filter((item) => item.conversation === conversation)
  }

  const unsent = computed(() => [...items.values()].filter((item) => item.state !== 'stored').length)

  return { open, send, resume, retry, drop, settle, ofConversation, unsent }
})
