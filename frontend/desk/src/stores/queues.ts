import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'
import { api } from '../lib/http'
import { usePrefs } from './prefs'

/** Those who came in one hour of today, by the clock of the house. */
export interface Hour { hour: number; came: number; answered: number; left: number; mean: number | null; longest: number | null }

/** A queue as it is now. Times are seconds; `null` where there is nothing to tell yet. */
export interface Queue {
  queue: string
  name: string
  waiting: number
  longest: number
  expected: number | null
  agents: number
  within: number
  target: number
  today: { answered: number; in_time: number; left: number; level: number | null; hours: Hour[] }
}

/** What one way of picking did. */
export interface Arm {
  cases: number
  answered: number
  left: number
  in_time: number | null
  adjusted_in_time: number | null
  p50: number | null
  p95: number | null
  adjusted_mean: number | null
  handling: number | null
  room: number | null
}

/** An experiment in one queue: the policy (a) and the plugin (b), and whether both saw the same load. */
export interface Experiment {
  experiment: string
  queue: string
  name: string
  arms: { a: Arm; b: Arm }
  load: { same: boolean; hours_apart: number | null; room_apart: number | null }
}

/** What supervisors are told of the queues, as it was at `at`; and of the experiment, where the policy has or had one. */
export const useQueues = defineStore('queues', () => {
  const prefs = usePrefs()
  const queues = shallowRef<Queue[] | null>(null)
  const experiments = shallowRef<Experiment[]>([])
  const days = ref(0)
  const running = ref('')
  const at = ref(0)
  let asked = 0
  let reports = 0

  /** The last question counts: an answer that was overtaken is older, or in another language. */
  async function refresh(): Promise<void> {
    const mine = ++asked
    const found = await api.get<{ queues: Queue[] }>(`/api/routing/queues?locale=${prefs.locale}`)
    if (mine !== asked) return
    queues.value = found.queues
    at.value = Date.now()
  }

  /** The report reads days of decisions: not for every few seconds. */
  async function report(): Promise<void> {
    const mine = ++reports
    const found = await api.get<{ days: number; running: string; experiments: Experiment[] }>(`/api/routing/experiment?locale=${prefs.locale}`)
    if (mine !== reports) return
    experiments.value = found.experiments
    days.value = found.days
    running.value = found.running
  }

  return { queues, experiments, days, running, at, refresh, report }
})
