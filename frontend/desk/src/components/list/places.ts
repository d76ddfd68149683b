import { computed, onBeforeUnmount, watch } from 'vue'
import { useDesk } from '../../stores/desk'
import { useRouting } from '../../stores/routing'

const EVERY = 5_000
const SOON = 500

/** While somebody waits, their places are asked for: all at once, every few seconds, and soon after somebody came or went. */
export function usePlaces(): void {
  const desk = useDesk()
  const routing = useRouting()
  let timer = 0
  let gone = false

  const waiting = computed(() => {
    const queued = [...desk.conversations.values()].filter(({ status, owner }) => status === 'open' && owner.kind === 'queue')
    return queued.map(({ id }) => id).sort().join()
  })

  watch([waiting, () => routing.available], () => later(SOON), { immediate: true })
  onBeforeUnmount(() => {
    gone = true
    clearTimeout(timer)
  })

  function later(wait: number): void {
    clearTimeout(timer)
    if (!gone && routing.available && waiting.value) timer = window.setTimeout(() => void look(), wait)
  }

  async function look(): Promise<void> {
    timer = 0
    if (!document.hidden) await routing.count().catch(() => undefined) // asked again in a moment
    if (!timer) later(EVERY) // else somebody came or went meanwhile
  }
}
