import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import en from './locales/en.json?url'
import zh from './locales/zh-CN.json?url'
import type chinese from './locales/zh-CN.json'

export type Key = keyof typeof chinese
export type Translate = (key: Key, values?: Record<string, string | number>) => string
export interface Speech { locale: string; t: Translate }

const AGAIN_AFTER = 1_000

/** The words of one language; only these travel. `{names}` in them are filled in. */
export async function speech(wanted: string): Promise<Speech> {
  const english = wanted.startsWith('en')
  const words = await fetched(english ? en : zh)
  const t: Translate = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  return { locale: english ? 'en' : 'zh-CN', t }
}

async function fetched(address: string): Promise<Record<Key, string>> {
  for (;;) {
    const response = await fetch(address).catch(() => null)
    if (response?.ok) return response.json()
    await new Promise((done) => setTimeout(done, AGAIN_AFTER))
  }
}

export const Words = createContext<Speech | null>(null)
export const useWords = (): Speech => useContext(Words)!
