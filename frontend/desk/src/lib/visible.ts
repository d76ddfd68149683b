import { onBeforeUnmount, readonly, ref, type Ref } from 'vue'

/** Whether the page is on a screen. */
export function useVisible(): Readonly<Ref<boolean>> {
  const visible = ref(!document.hidden)
  const read = (): void => {
    visible.value = !document.hidden
  }
  document.addEventListener('visibilitychange', read)
  onBeforeUnmount(() => document.removeEventListener('visibilitychange', read))
  return readonly(visible)
}
