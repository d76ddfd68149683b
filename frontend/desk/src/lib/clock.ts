import { readonly, ref } from 'vue'

const now = ref(Date.now())
let offset = 0

/** The hub's time in milliseconds, renewed each second: every timer on the page counts up together. */
export const clock = readonly(now)

/** `milliseconds` the hub's clock is ahead of ours. */
export function setClockOffset(milliseconds: number): void {
  offset = milliseconds
  now.value = Date.now() + offset
}

/** Starts counting; returns what stops it. */
export function startClock(): () => void {
  const timer = setInterval(() => (now.value = Date.now() + offset), 1_000)
  return () => clearInterval(timer)
}
