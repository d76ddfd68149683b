import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { Agent } from '../types'
import { ApiError, api, setCsrf } from '../lib/http'

interface Signed {
  agent: Agent
  csrf: string
}

/** Who is signed in. The cookie is the server's; this knows the agent and keeps the CSRF token for requests. */
export const useSession = defineStore('session', () => {
  const agent = ref<Agent | null>(null)
  const asked = ref(false)
  const isAdmin = computed(() => agent.value?.role === 'admin')
  const maySupervise = computed(() => agent.value?.role === 'admin' || agent.value?.role === 'supervisor')

  function accept(signed: Signed): void {
    agent.value = signed.agent
    setCsrf(signed.csrf)
    asked.value = true
  }

  /** Finds out, once per page, whether somebody is signed in. Throws ApiError `offline` when nobody answers. */
  async function restore(): Promise<void> {
    if (asked.value) return
    try {
      accept(await api.get<Signed>('/api/session'))
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error
      asked.value = true
    }
  }

  async function signIn(login: string, password: string): Promise<void> {
    accept(await api.post<Signed>('/api/session', { login, password }))
  }

  async function signOut(): Promise<void> {
    await api.delete('/api/session').catch(() => undefined)
    forget()
  }

  /** The server no longer knows us. */
  function forget(): void {
    agent.value = null
    setCsrf('')
  }

  return { agent, isAdmin, maySupervise, restore, signIn, signOut, forget }
})
