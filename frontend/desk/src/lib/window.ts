import { computed, onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

const OVERSCAN = 6

/** Which rows of a long list with rows of one height are near the view: the rest is only room. */
export function useWindow(container: Ref<HTMLElement | null>, count: () => number, rowHeight: number) {
  const top = ref(0)
  const height = ref(600)
  let observer: ResizeObserver | null = null

  const read = (): void => {
    if (!container.value) return
    top.value = container.value.scrollTop
    height.value = container.value.clientHeight
  }

  onMounted(() => {
    read()
    observer = new ResizeObserver(read)
    observer.observe(container.value!)
    container.value!.addEventListener('scroll', read, { passive: true })
  })
  onBeforeUnmount(() => observer?.disconnect())

  const first = computed(() => Math.max(0, Math.min(count(), Math.floor(top.value / rowHeight)) - OVERSCAN))
  const last = computed(() => Math.min(count(), Math.ceil((top.value + height.value) / rowHeight) + OVERSCAN))
  const nearEnd = computed(() => (top.value + height.value) / rowHeight > count() - OVERSCAN)
  return { first, last, nearEnd }
}
