import { ref } from 'vue'
import { load, save } from './storage'

const KEY = 'frontdesk.title'
const configured = ref(load<string>(KEY, ''))

/** The name of this service: what the operator configured, or `fallback`. */
export function pageTitle(fallback: string): string {
  return configured.value || fallback
}

/** Asks how the operator calls this service; until the answer, and without one, the last known name stands. */
export async function loadTitle(): Promise<void> {
  try {
    const answer = (await (await fetch('/desk/about.json')).json()) as { title?: string }
    configured.value = answer.title ?? ''
    save(KEY, configured.value || null)
  } catch {
    // The page works without; the hub may just be restarting.
  }
}
