import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { load, save } from '../lib/storage'

export type Locale = 'zh-CN' | 'en'
export type Theme = 'system' | 'light' | 'dark'
export type Order = 'longest' | 'latest'

interface Stored {
  locale: Locale | null
  theme: Theme
  muted: boolean
  order: Order
  sideOpen: boolean
  folded: string[]
}

const KEY = 'frontdesk.prefs'
const DEFAULTS: Stored = { locale: null, theme: 'system', muted: false, order: 'longest', sideOpen: true, folded: [] }

/** What somebody chose on this browser: language, theme, sound, order of the list, folded sections. */
export const usePrefs = defineStore('prefs', () => {
  const stored = ref<Stored>({ ...DEFAULTS, ...load<Partial<Stored>>(KEY, {}) })
  watch(stored, (value) => save(KEY, value), { deep: true })

  const locale = computed<Locale>(() => stored.value.locale ?? browserLocale())
  const darkSystem = ref(matchMedia('(prefers-color-scheme: dark)').matches)
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (darkSystem.value = event.matches))
  const dark = computed(() => (stored.value.theme === 'system' ? darkSystem.value : stored.value.theme === 'dark'))

  watch(dark, (on) => document.documentElement.classList.toggle('dark', on), { immediate: true })
  watch(locale, (value) => (document.documentElement.lang = value), { immediate: true })

  function toggleFolded(id: string): void {
    const folded = new Set(stored.value.folded)
    if (!folded.delete(id)) folded.add(id)
    stored.value.folded = [...folded]
  }

  return { stored, locale, dark, toggleFolded }
})

function browserLocale(): Locale {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}
