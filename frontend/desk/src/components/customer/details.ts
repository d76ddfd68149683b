import { onBeforeUnmount, ref, shallowRef, watch, type Ref } from 'vue'
import { useDesk } from '../../stores/desk'
import { useThreads } from '../../stores/threads'
import type { ConversationDetails } from '../../types'

/** Suggestions follow the customer's words, but not faster than this. */
const PAUSE = 800

/** What the hub and its plugins know about a conversation's customer; asked again when the customer says something. */
export function useDetails(id: Ref<string>): { details: Ref<ConversationDetails | null>; failed: Ref<boolean>; reload: () => void } {
  const desk = useDesk()
  const threads = useThreads()
  const details = shallowRef<ConversationDetails | null>(null)
  const failed = ref(false)
  let timer = 0

  async function reload(): Promise<void> {
    const wanted = id.value
    failed.value = false
    try {
      const found = await desk.fetchConversation(wanted)
      if (wanted === id.value) details.value = found
    } catch {
      if (wanted === id.value) failed.value = true
    }
  }

  watch(
    id,
    () => {
      details.value = null
      clearTimeout(timer)
      void reload()
    },
    { immediate: true },
  )
  watch(
    () => threads.get(id.value).messages.findLast((message) => message.direction === 'in')?.id,
    (last, before) => {
      if (!last || !before || !details.value) return
      clearTimeout(timer)
      timer = window.setTimeout(() => void reload(), PAUSE)
    },
  )
  onBeforeUnmount(() => clearTimeout(timer))
  return { details, failed, reload: () => void reload() }
}
