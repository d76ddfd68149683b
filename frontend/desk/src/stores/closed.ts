import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import { api } from '../lib/http'
import type { Conversation } from '../types'
import { useDesk } from './desk'

const PAGE = 50

/** The list of closed conversations: pages on demand, newest first; what closes meanwhile joins at the top. */
export const useClosed = defineStore('closed', () => {
  const desk = useDesk()
  const ids = shallowRef<readonly string[]>([])
  const more = ref(true)
  const loading = ref(false)
  const failed = ref(false)

  async function loadMore(): Promise<void> {
    if (loading.value || !more.value) return
    loading.value = true
    failed.value = false
    try {
      const query = new URLSearchParams({ view: 'closed', limit: String(PAGE) })
      const last = ids.value.at(-1)
      if (last) query.set('before', last)
      const page = await api.get<{ conversations: Conversation[]; more: boolean }>(`/api/conversations?${query}`)
      for (const conversation of page.conversations) desk.seen(conversation)
      ids.value = [...new Set([...ids.value, ...page.conversations.map((conversation) => conversation.id)])]
      more.value = page.more
    } catch {
      failed.value = true
    } finally {
      loading.value = false
    }
  }

  // A snapshot replaces what the desk knows: begin anew.
  watch(
    () => desk.generation,
    () => {
      ids.value = []
      more.value = true
    },
  )

  return { ids, more, loading, failed, loadMore }
})
