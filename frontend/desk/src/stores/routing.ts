import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { ApiError, api } from '../lib/http'
import { usePrefs } from './prefs'

/** Something that waits for my word, `until` then. */
export interface Offer {
  conversation: string
  until: number
}

/** How full my hands are, and why no work comes. */
export interface Work {
  state: string
  used: number
  capacity: number
  off: string[]
  reasons: string[]
  offers: Offer[]
}

/** Where a conversation is; `place` while it waits. */
export interface Standing {
  conversation: string
  why: { state: string; reasons: string[] }
  place: { place: number; text: string } | null
}

/** What routing tells, where the hub has it: the snapshot says whether, and the first answer whether it runs. */
export const useRouting = defineStore('routing', () => {
  const prefs = usePrefs()
  const available = ref<boolean | null>(null)
  const work = shallowRef<Work | null>(null)
  const standing = shallowRef<Standing | null>(null)
  const places = shallowRef<Record<string, number>>({})
  let configured = false
  let asked = 0
  let first: Promise<void> | null = null

  /** Is it in the hub's configuration? */
  function know(there: boolean): void {
    if (there !== configured) available.value = there ? null : false
    configured = there
  }

  /** Until it is known whether there is routing, one question is enough. */
  async function refresh(): Promise<void> {
    if (!configured || available.value === false) return
    if (available.value) return ask()
    first ??= ask().finally(() => (first = null))
    return first
  }

  /** The last question counts: an answer that was overtaken is older than what is shown. */
  async function ask(): Promise<void> {
    const mine = ++asked
    try {
      const found = await api.get<Work>(`/api/routing/me?locale=${prefs.locale}`)
      available.value = true
      if (mine === asked) work.value = found.state === 'none' ? null : found
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) available.value = false
      if (mine === asked && available.value === false) work.value = null
    }
  }

  async function look(conversation: string): Promise<void> {
    const found = await api.get<Omit<Standing, 'conversation'>>(`/api/routing/conversations/${encodeURIComponent(conversation)}?locale=${prefs.locale}`)
    standing.value = { ...found, conversation }
  }

  /** Of all who wait at once. */
  async function count(): Promise<void> {
    places.value = (await api.get<{ places: Record<string, number> }>('/api/routing/places')).places
  }

  async function receive(channel: string, on: boolean): Promise<void> {
    asked += 1
    work.value = await api.put<Work>(`/api/routing/me/reception?locale=${prefs.locale}`, { channel, on })
  }

  async function answer(conversation: string, accepted: boolean): Promise<void> {
    try {
      await api.post(`/api/routing/offers/${encodeURIComponent(conversation)}/${accepted ? 'accept' : 'decline'}`)
    } finally {
      await refresh()
    }
  }

  /** Somebody else signs in on this page. */
  function forget(): void {
    asked += 1
    work.value = standing.value = null
    places.value = {}
  }

  return { available, work, standing, places, know, refresh, look, count, receive, answer, forget }
})
