import { useDesk } from '../../stores/desk'

/** A typing signal is renewed this often at most, and taken back after this long without a stroke. */
const RENEW = 3_000
const IDLE = 5_000

/** Tells the customer that somebody writes. Never called for a note. */
export function useTypingSignal(): { typed: (conversation: string) => void; stopped: () => void } {
  const desk = useDesk()
  let last = 0
  let active: string | null = null
  let timer = 0

  function typed(conversation: string): void {
    if (active && active !== conversation) stopped()
    clearTimeout(timer)
    timer = window.setTimeout(stopped, IDLE)
    if (active && Date.now() - last < RENEW) return
    active = conversation
    last = Date.now()
    desk.realtime.signal('typing', { conversation, on: true })
  }

  function stopped(): void {
    clearTimeout(timer)
    if (active) desk.realtime.signal('typing', { conversation: active, on: false })
    active = null
  }

  return { typed, stopped }
}
