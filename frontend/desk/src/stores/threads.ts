import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Message } from '../types'
import { api } from '../lib/http'

/** The messages of one conversation, oldest first. Arrays are replaced, never changed in place. */
export interface Thread {
  messages: readonly Message[]
  more: boolean
  loaded: boolean
  loading: 'latest' | 'older' | null
  failed: boolean
}

interface Page {
  messages: Message[]
  more: boolean
}

const PAGE = 50

/** Threads that were opened on this page. Events patch them; pages come only when opened or scrolled up. */
export const useThreads = defineStore('threads', () => {
  const threads = shallowReactive(new Map<string, Thread>())
  const EMPTY: Thread = { messages: [], more: false, loaded: false, loading: null, failed: false }

  function get(conversation: string): Thread {
    return threads.get(conversation) ?? EMPTY
  }

  function patch(conversation: string, change: Partial<Thread>): void {
    threads.set(conversation, { ...get(conversation), ...change })
  }

  /** Loads the newest page, and joins it to what is known already. Returns the page's messages. */
  async function loadLatest(conversation: string): Promise<readonly Message[]> {
    if (get(conversation).loading) return []
    patch(conversation, { loading: 'latest', failed: false })
    try {
      const page = await fetchPage(conversation)
      const { messages, joined } = join(get(conversation).messages, page.messages)
      const more = joined ? get(conversation).more : page.more
      patch(conversation, { messages, more, loaded: true, loading: null })
      return page.messages
    } catch {
      patch(conversation, { loading: null, failed: true })
      return []
    }
  }

  async function loadOlder(conversation: string): Promise<void> {
    const thread = get(conversation)
    const first = thread.messages[0]
    if (!first || !thread.more || thread.loading) return
    patch(conversation, { loading: 'older', failed: false })
    try {
      const page = await fetchPage(conversation, first.id)
      const known = new Set(get(conversation).messages.map((message) => message.id))
      const older = page.messages.filter((message) => !known.has(message.id))
      patch(conversation, { messages: [...older, ...get(conversation).messages], more: page.more, loading: null })
    } catch {
      patch(conversation, { loading: null, failed: true })
    }
  }

  /** A message came by event: at the end, or in place of the copy we have. */
  function add(message: Message): void {
    const thread = threads.get(message.conversation)
    if (!thread) return
    const index = thread.messages.findIndex((known) => known.id === message.id)
    const messages = index < 0 ? [...thread.messages, message] : thread.messages.with(index, message)
    patch(message.conversation, { messages })
  }

  /** A message changed its state. Without a conversation (older hubs leave it out) all threads are asked. */
  function change(id: string, change: Partial<Message>, conversation?: string): void {
    for (const [key, thread] of conversation ? [[conversation, get(conversation)] as const] : threads) {
      const index = thread.messages.findLastIndex((message) => message.id === id)
      if (index >= 0) {
        patch(key, { messages: thread.messages.with(index, { ...thread.messages[index]!, ...change }) })
      }
    }
  }

  /** Messages came or went with people who were joined or parted: the newest page is all that counts. */
  async function renew(conversation: string): Promise<void> {
    if (!threads.has(conversation)) return
    threads.delete(conversation)
    await loadLatest(conversation)
  }

  /** I may not see it any more. */
  function forget(conversation: string): void {
    threads.delete(conversation)
  }

  /** After a gap: what is not on the screen is forgotten, and loaded anew when it is opened. */
  function forgetExcept(conversation: string | null): void {
    for (const key of [...threads.keys()]) if (key !== conversation) threads.delete(key)
  }

  return { get, loadLatest, loadOlder, add, change, renew, forget, forgetExcept }
})

function fetchPage(conversation: string, before?: string): Promise<Page> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(before ? { before } : {}) })
  return api.get<Page>(`/api/conversations/${encodeURIComponent(conversation)}/messages?${query}`)
}

/**
 * The newest page after what is known. Where they overlap the page wins, and what came by event while the
 * page was on its way stays at the end. Without overlap there may be a hole between them, so only the page counts.
 */
function join(known: readonly Message[], page: Message[]): { messages: Message[]; joined: boolean } {
  const inPage = new Set(page.map((message) => message.id))
  const first = known.findIndex((message) => inPage.has(message.id))
  if (first < 0) {
    const newest = page.at(-1)?.at ?? 0
    return { messages: [...page, ...known.filter((message) => message.at > newest)], joined: false }
  }
  const start = known.findIndex((message) => message.id === page[0]?.id)
  const before = start < 0 ? [] : known.slice(0, start)
  const after = known.slice(first).filter((message) => !inPage.has(message.id))
  return { messages: [...before, ...page, ...after], joined: start >= 0 }
}
