import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { Upload } from '../types'
import { keysOf, load, save } from '../lib/storage'

export type ComposerTab = 'reply' | 'note'

export interface Draft {
  text: string
  uploads: Upload[]
}

const NOTHING: Draft = { text: '', uploads: [] }

/** What was begun and not sent: one draft for each conversation and composer tab, saved with every stroke. */
export const useDrafts = defineStore('drafts', () => {
  const drafts = shallowReactive(new Map<string, Draft>())
  let prefix = ''

  function open(agent: string): void {
    prefix = `frontdesk.draft.${agent}.`
    drafts.clear()
    for (const key of keysOf(prefix)) drafts.set(key.slice(prefix.length), load(key, NOTHING))
  }

  function get(conversation: string, tab: ComposerTab): Draft {
    return drafts.get(`${conversation}.${tab}`) ?? NOTHING
  }

  function set(conversation: string, tab: ComposerTab, draft: Draft): void {
    const key = `${conversation}.${tab}`
    const empty = !draft.text.trim() && !draft.uploads.length
    if (empty && !draft.text) drafts.delete(key)
    else drafts.set(key, draft)
    save(prefix + key, empty ? null : draft)
  }

  function has(conversation: string): boolean {
    return (['reply', 'note'] as const).some((tab) => {
      const draft = get(conversation, tab)
      return draft.text.trim() !== '' || draft.uploads.length > 0
    })
  }

  return { open, get, set, has }
})
