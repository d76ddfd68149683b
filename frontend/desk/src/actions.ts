/** What an agent can do with conversations: commands to the hub, with the right words when it refuses. */
import { i18n } from './i18n'
import { comparator } from './lib/views'
import { CommandError } from './realtime'
import { useDesk } from './stores/desk'
import { toast, toastError } from './toast'
import type { Agent, AgentState, Conversation } from './types'

const { t } = i18n.global

/** How many waiting conversations "take next" tries when colleagues are faster. */
const TRIES = 3

export interface Target {
  agent?: string
  team?: string
}

export function useActions() {
  const desk = useDesk()

  /** Asks the hub; on success the conversation's new state is taken over. Throws CommandError. */
  async function command(name: string, data: { conversation: string; [key: string]: unknown }): Promise<Conversation> {
    try {
      const answer = await desk.realtime.do<{ conversation: Conversation }>(name, data)
      desk.put(answer.conversation)
      return answer.conversation
    } catch (error) {
      // It went to a team whose conversations I do not see.
      if (error instanceof CommandError && error.code === 'not_found') desk.conversations.delete(data.conversation)
      throw error
    }
  }

  /**
   * Takes a conversation that is nobody's yet. The version guards against a colleague; when only a message came
   * in between, the conversation still waits and is asked for once more.
   */
  async function claim(conversation: Conversation): Promise<Conversation> {
    desk.expected.add(conversation.id)
    try {
      return await command('take', { conversation: conversation.id, version: conversation.version })
    } catch (error) {
      if (!(error instanceof CommandError) || error.code !== 'conflict') throw error
      const { conversation: present } = await desk.fetchConversation(conversation.id)
      if (present.owner.kind !== conversation.owner.kind || present.owner.id !== conversation.owner.id) throw error
      return await command('take', { conversation: present.id, version: present.version })
    } finally {
      // Its event may come after the answer, but never long after.
      setTimeout(() => desk.expected.delete(conversation.id), 2_000)
    }
  }

  async function take(conversation: Conversation): Promise<boolean> {
    try {
      await claim(conversation)
      return true
    } catch (error) {
      if (error instanceof CommandError && error.code === 'conflict') fasterColleague(conversation.id)
      else toastError(error)
      return false
    }
  }

  function fasterColleague(id: string): void {
    const owner = desk.conversations.get(id)?.owner
    const name = owner?.kind === 'agent' ? owner.name : ''
    toast('info', name ? t('take.faster_by', { name }) : t('take.faster'))
  }

  /** Takes whoever waits longest; returns it, or null when nobody waits. */
  async function takeNext(): Promise<Conversation | null> {
    const waiting = desk.open.filter((c) => c.owner.kind === 'queue').sort(comparator('waiting', 'longest'))
    if (!waiting.length) toast('info', t('take.nobody'))
    for (const conversation of waiting.slice(0, TRIES)) {
      try {
        return await claim(conversation)
      } catch (error) {
        if (!(error instanceof CommandError) || error.code !== 'conflict') {
          toastError(error)
          return null
        }
      }
    }
    if (waiting.length) toast('info', t('take.faster'))
    return null
  }

  async function attempt(work: () => Promise<unknown>, done: string): Promise<boolean> {
    try {
      await work()
      if (done) toast('success', done)
      return true
    } catch (error) {
      toastError(error)
      return false
    }
  }

  const release = (conversation: Conversation): Promise<boolean> =>
    attempt(() => command('release', { conversation: conversation.id }), t('release.done'))

  const assign = (conversation: Conversation, target: Target, note: string, name: string): Promise<boolean> =>
    attempt(() => command('assign', { conversation: conversation.id, ...target, note }), t('transfer.done', { name }))

  const close = (conversation: Conversation, tags: string[]): Promise<boolean> =>
    attempt(() => command('close', { conversation: conversation.id, tags }), t('close.done'))

  const setState = (state: AgentState): Promise<boolean> =>
    attempt(async () => {
      const answer = await desk.realtime.do<{ agent: Agent }>('state', { state })
      desk.agents.set(answer.agent.id, answer.agent)
    }, '')

  return { take, takeNext, release, assign, close, setState }
}

/** Tells the hub that the customer's messages up to `message` were read. Unimportant enough to fail in silence. */
export function markRead(conversation: string, message: string): void {
  useDesk().realtime.do('read', { conversation, message }).catch(() => undefined)
}
