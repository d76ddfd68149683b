import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type zh from './locales/zh-CN.json'

export type Key = keyof typeof zh
export type Translate = (key: Key, values?: Record<string, string | number>) => string
export interface Speech { locale: string; t: Translate }

/** The words of one language; only these travel. `{names}` in them are filled in. */
export async function speech(wanted: string): Promise<Speech> {
  const english = wanted.startsWith('en')
  const words: Record<Key, string> = english
    ? (await import('./locales/en.json')).default
    : (await import('./locales/zh-CN.json')).default
  const t: Translate = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
  return { locale: english ? 'en' : 'zh-CN', t }
}

export const Words = createContext<Speech | null>(null)
export const useWords = (): Speech => useContext(Words)!
