import { readonly, ref, watch, type Ref } from 'vue'

/** False until `open` was true for the first time: a dialog is built, and its code loaded, when it is first wanted. */
export function useOnce(open: Ref<boolean>): Readonly<Ref<boolean>> {
  const wanted = ref(open.value)
  const stop = watch(open, (value) => {
    if (!value) return
    wanted.value = true
    stop()
  }, { flush: 'sync' })
  return readonly(wanted)
}
