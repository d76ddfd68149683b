import { onMounted, ref, type Ref } from 'vue'
import { reasonOf } from './toast'

export interface Loaded {
  loading: Ref<boolean>
  error: Ref<string>
  reload: () => Promise<void>
}

/** What a page asks for when it opens, and again by `reload`: on its way, there, or the reason why it is not. */
export function useLoaded(load: () => Promise<void>): Loaded {
  const loading = ref(true)
  const error = ref('')

  async function reload(): Promise<void> {
    try {
      await load()
      error.value = ''
    } catch (problem) {
      error.value = reasonOf(problem)
    }
    loading.value = false
  }

  onMounted(reload)
  return { loading, error, reload }
}
