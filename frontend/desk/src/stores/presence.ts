import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Author } from '../types'

/** A typing signal is believed this long; whoever goes on typing renews it. */
const BELIEVED = 6_000

/** Passing news: who is typing where, and which colleague looks at what. Nothing here is stored. */
export const usePresence = defineStore('presence', () => {
  /** By conversation, then by author id: the name. */
  const typing = shallowReactive(new Map<string, ReadonlyMap<string, string>>())
  /** By agent id: the conversation they look at. */
  const viewing = shallowReactive(new Map<string, { conversation: string; name: string }>())
  const timers = new Map<string, number>()

  function receive(name: string, data: Record<string, unknown>, me: string): void {
    const author = (data.author ?? data.agent ?? data.person) as Partial<Author> | undefined
    const conversation = data.conversation as string | null
    if (!author?.id || author.id === me) return
    if (name === 'typing' && conversation) {
      if (data.on === false) stopTyping(conversation, author.id)
      else startTyping(conversation, author.id, author.name ?? '')
    } else if (name === 'viewing') {
      if (conversation) viewing.set(author.id, { conversation, name: author.name ?? '' })
      else viewing.delete(author.id)
    }
  }

  function startTyping(conversation: string, id: string, name: string): void {
    typing.set(conversation, new Map([...(typing.get(conversation) ?? []), [id, name]]))
    const key = `${conversation} ${id}`
    clearTimeout(timers.get(key))
    timers.set(key, window.setTimeout(() => stopTyping(conversation, id), BELIEVED))
  }

  function stopTyping(conversation: string, id: string): void {
    const names = new Map(typing.get(conversation))
    if (!names.delete(id)) return
    if (names.size) typing.set(conversation, names)
    else typing.delete(conversation)
  }

  /** Somebody closed their last page. */
  function gone(agent: string): void {
    viewing.delete(agent)
  }

  function viewersOf(conversation: string): string[] {
    return [...viewing.values()].filter((viewer) => viewer.conversation === conversation).map((viewer) => viewer.name)
  }

  function reset(): void {
    typing.clear()
    viewing.clear()
  }

  return { typing, viewing, receive, stopTyping, gone, viewersOf, reset }
})
