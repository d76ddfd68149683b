import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ApiError, api } from '../lib/http'
import { useDesk } from './desk'

export interface Claim {
  code: string
  link: string
  qr: string
  expires_at: number
  invitations: { channel: string; platform: string; title: string; link: string; qr: string }[]
}

export interface Candidate {
  id: string
  why: string
  confidence: number
  person: { id: string; name: string; tier: string }
}

export interface Conflict {
  id: string
  field: string
  kept: unknown
  other: unknown
}

export interface Merge {
  id: string
  merged: string
  at: number
  source: string
  actor: string
  can_undo: boolean
}

export interface WhoIsWho {
  candidates: Candidate[]
  conflicts: Conflict[]
  merges: Merge[]
  /** Instances that have still to erase what they keep of this erased customer. */
  erasing: string[]
}

export interface IssuedClaim {
  id: string
  state: 'live' | 'expired' | 'redeemed' | 'joined' | 'void'
  expires_at: number
}

/** Who is who across channels, where the hub has the plugin for it: asked once per page whether it runs. */
export const usePeople = defineStore('people', () => {
  const desk = useDesk()
  const available = ref<boolean | null>(null)

  async function look(conversation: string): Promise<void> {
    if (available.value !== null || !desk.plugins.includes('people')) return
    try {
      await claims(conversation)
      available.value = true
    } catch (error) {
      // A conversation that has left my sight is not found either.
      if (error instanceof ApiError && error.status === 404 && desk.conversations.has(conversation)) available.value = false
    }
  }

  async function claims(conversation: string): Promise<IssuedClaim[]> {
    return (await api.get<{ claims: IssuedClaim[] }>(`/api/people/conversations/${encodeURIComponent(conversation)}/claims`)).claims
  }

  const issue = (conversation: string): Promise<Claim> => api.post<Claim>(`/api/people/conversations/${encodeURIComponent(conversation)}/claims`)
  const of = (person: string): Promise<WhoIsWho> => api.get<WhoIsWho>(`/api/people/${encodeURIComponent(person)}`)
  const answer = (candidate: string, same: boolean): Promise<unknown> =>
    api.post(`/api/people/candidates/${encodeURIComponent(candidate)}/${same ? 'confirm' : 'reject'}`)
  const decide = (conflict: string, choice: 'keep' | 'take'): Promise<unknown> => api.post(`/api/people/conflicts/${encodeURIComponent(conflict)}`, { choice })
  const undo = (merge: string): Promise<unknown> => api.post(`/api/people/merges/${encodeURIComponent(merge)}/undo`)
  const erase = (person: string): Promise<unknown> => api.post(`/api/people/${encodeURIComponent(person)}/erase`, { finish: true })

  return { available, look, claims, issue, of, answer, decide, undo, erase }
})
