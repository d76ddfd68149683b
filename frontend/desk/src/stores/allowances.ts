import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Allowance } from '../types'

/** What the platforms still let us send, by leg: told by the hub for the conversation on the screen, renewed with each message. */
export const useAllowances = defineStore('allowances', () => {
  const byLeg = shallowReactive(new Map<string, Allowance | null>())

  function receive(legs: Record<string, Allowance | null>): void {
    for (const [leg, allowance] of Object.entries(legs)) byLeg.set(leg, allowance)
  }

  /** Told anew after a connection was gone, and for each conversation that is opened. */
  function reset(): void {
    byLeg.clear()
  }

  return { byLeg, receive, reset }
})
