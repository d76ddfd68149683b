import { computed, ref, watch, type Ref } from 'vue'

/**
 * An order that stands still while `held`: rows never move under the pointer.
 *
 * While held, new ids join at the end and gone ids keep their place; `moved` counts how many places will change.
 */
export function useHeldOrder(wanted: Ref<readonly string[]>, held: Ref<boolean>) {
  const shown = ref<readonly string[]>(wanted.value)

  function settle(): void {
    shown.value = wanted.value
  }

  watch([wanted, held], () => {
    if (!held.value) return settle()
    const known = new Set(shown.value)
    const fresh = wanted.value.filter((id) => !known.has(id))
    if (fresh.length) shown.value = [...shown.value, ...fresh]
  })

  const moved = computed(() => {
    const length = Math.max(shown.value.length, wanted.value.length)
    return Array.from({ length }).filter((_, index) => shown.value[index] !== wanted.value[index]).length
  })

  return { shown, moved, settle }
}
