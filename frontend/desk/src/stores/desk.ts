import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef } from 'vue'
import { ring, notify } from '../alerts'
import { setClockOffset } from '../lib/clock'
import { ApiError, api } from '../lib/http'
import { belongs } from '../lib/views'
import { type HubEvent, Realtime, type Status } from '../realtime'
import type { Agent, Allowance, Canned, Channel, Conversation, ConversationDetails, Message, Snapshot, Team, View } from '../types'
import { i18n } from '../i18n'
import { useAllowances } from './allowances'
import { useDrafts } from './drafts'
import { useOutbox } from './outbox'
import { usePrefs } from './prefs'
import { usePresence } from './presence'
import { useRouting } from './routing'
import { useSession } from './session'
import { useThreads } from './threads'

/** The desk's state: filled by the snapshot, kept true by events. Nothing here is fetched as a whole list again. */
export const useDesk = defineStore('desk', () => {
  const session = useSession()
  const threads = useThreads()
  const outbox = useOutbox()
  const drafts = useDrafts()
  const prefs = usePrefs()
  const presence = usePresence()
  const allowances = useAllowances()
  const routing = useRouting()

  const status = ref<Status>('idle')
  const lag = ref<number | null>(null)
  const ready = ref(false)
  const conversations = shallowReactive(new Map<string, Conversation>())
  /** What waits for my word, and may be of another team. */
  const offered = shallowReactive(new Map<string, Conversation>())
  const agents = shallowReactive(new Map<string, Agent>())
  const teams = shallowRef<Team[]>([])
  const channels = shallowRef<Channel[]>([])
  const plugins = shallowRef<string[]>([])
  const canned = shallowRef<Canned[]>([])
  const deadLetters = ref(0)
  /** The conversation on the screen. */
  const current = ref<string | null>(null)
  /** Counts snapshots: what was loaded before one may be out of date. */
  const generation = ref(0)
  /** Conversations I am just taking: they become mine without a bell. */
  const expected = new Set<string>()
  /** Conversations that left my sight: what I asked about them before may still be answered, and is ignored. */
  const hidden = new Set<string>()
  /** The newest message from a customer, for screen readers. */
  const spoken = ref('')
  let opener: (conversation: string) => void = () => undefined

  const me = computed(() => agents.get(session.agent?.id ?? '') ?? session.agent)
  const open = computed(() => [...conversations.values()].filter((conversation) => conversation.status === 'open'))
  const counts = computed(() => {
    const count = (view: View): number => open.value.filter((c) => belongs(c, view, me.value?.id ?? '')).length
    return { mine: count('mine'), waiting: count('waiting'), bot: count('bot'), all: open.value.length }
  })
  /** Customers who want something from me: the queue, and my unread conversations. */
  const calling = computed(
    () => counts.value.waiting + open.value.filter((c) => isMine(c) && c.unread > 0).length,
  )

  function isMine(conversation: Conversation | undefined): boolean {
    return conversation !== undefined && belongs(conversation, 'mine', me.value?.id ?? '')
  }

  /** Who has it, in the page's language: the hub names teams and bots in its own, for all desks at once. */
  function ownerName({ owner, team }: Conversation): string {
    if (owner.kind === 'agent') return owner.name
    if (owner.kind === 'bot') return i18n.global.t('owner.bot')
    return teams.value.find((known) => known.id === team)?.name ?? owner.name
  }

  const realtime = new Realtime(
    `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/realtime`,
    () => prefs.locale,
    {
      status: (value) => {
        status.value = value
        if (value === 'signed_out') session.forget()
      },
      snapshot: replace,
      welcome: (offset) => {
        setClockOffset(offset)
        ready.value = true
        outbox.resume()
        presence.reset()
        allowances.reset()
        if (current.value) realtime.signal('viewing', { conversation: current.value })
      },
      event: happened,
      signal: signalled,
      lag: (milliseconds) => (lag.value = milliseconds),
    },
  )

  /** Opens the desk of whoever is signed in. `openConversation` shows one, from a desktop notification. */
  function start(openConversation: (conversation: string) => void): void {
    const agent = session.agent!.id
    opener = openConversation
    drafts.open(agent)
    outbox.open(
      agent,
      (item) =>
        realtime.do(
          'send',
          { conversation: item.conversation, body: item.body, visibility: item.visibility, leg: item.leg },
          item.id,
        ),
      () => realtime.isReady,
    )
    realtime.start()
  }

  function stop(): void {
    realtime.stop()
    status.value = 'idle'
    ready.value = false
    conversations.clear()
    offered.clear()
    routing.forget()
    agents.clear()
    threads.forgetExcept(null)
  }

  function replace(snapshot: Snapshot): void {
    const kept = current.value ? conversations.get(current.value) : undefined
    hidden.clear()
    conversations.clear()
    agents.clear()
    for (const conversation of snapshot.conversations) conversations.set(conversation.id, conversation)
    for (const agent of [...snapshot.agents, snapshot.me]) agents.set(agent.id, agent)
    teams.value = snapshot.teams
    channels.value = snapshot.channels
    plugins.value = snapshot.plugins
    routing.know(snapshot.plugins.includes('routing'))
    canned.value = snapshot.canned
    deadLetters.value = snapshot.dead_letters
    threads.forgetExcept(current.value)
    generation.value += 1
    if (!current.value) return
    if (kept && !conversations.has(current.value)) void fetchConversation(current.value)
    void loadThread(current.value)
  }

  function happened(event: HubEvent, fresh: boolean): void {
    switch (event.kind) {
      case 'message.created':
        return created(event.data.message, event.data.conversation, fresh)
      case 'message.changed': {
        const { id, state, error, conversation_id: conversation, dead_letters: dead } = event.data
        threads.change(id, { state, error }, conversation)
        if (dead !== undefined) deadLetters.value = dead
        return
      }
      case 'conversation.changed':
        if (event.data.reload) reread(event.data.conversation)
        return seen(event.data.conversation, fresh)
      case 'conversation.offered':
        return announceOffer(event.data.conversation, fresh)
      case 'conversation.gone':
        return gone(event.data.id)
    }
  }

  function signalled(name: string, data: Record<string, unknown>): void {
    if (name === 'allowance') return allowances.receive(data.legs as Record<string, Allowance | null>)
    if (name !== 'agent') return presence.receive(name, data, me.value?.id ?? '')
    const agent = data.agent as Agent
    agents.set(agent.id, agent)
    if (!agent.connected) presence.gone(agent.id)
  }

  /** `conversation` is null when the message belongs to an earlier one than the customer's present conversation. */
  function created(message: Message, conversation: Conversation | null, fresh: boolean): void {
    threads.add(message)
    outbox.settle([message])
    if (conversation) seen(conversation, fresh)
    if (message.direction !== 'in') return
    presence.stopTyping(message.conversation, message.author.id)
    if (!fresh) return
    const name = conversation?.person.name ?? message.author.name
    const text = conversation?.last_message?.text ?? ''
    if (message.conversation === current.value) spoken.value = `${name}: ${text}`
    if (!isMine(conversation ?? undefined)) return
    if (!prefs.stored.muted && (document.hidden || message.conversation !== current.value)) ring('message')
    notify(name, text, message.conversation, () => opener(message.conversation))
  }

  /** Its customer was joined with another, parted or erased: messages have come or gone, or lost their words. */
  function anew(conversation: string): void {
    threads.forget(conversation)
    if (conversation === current.value) void loadThread(conversation)
  }

  /** Nothing that was read of this customer holds any more, in earlier conversations either. */
  function reread({ id, person }: Conversation): void {
    for (const one of conversations.values()) if (one.id !== id && one.person.id === person.id) anew(one.id)
    anew(id)
  }

  /** The hub shows it to me, so I may see it. */
  function seen(conversation: Conversation, fresh = false): void {
    hidden.delete(conversation.id)
    put(conversation, fresh)
  }

  /** It went where I may not see it. */
  function gone(id: string): void {
    hidden.add(id)
    conversations.delete(id)
    threads.forget(id)
  }

  /** Takes a newer version of a conversation; an older one, overtaken by an event, is ignored. */
  function put(conversation: Conversation, fresh = false): void {
    if (hidden.has(conversation.id)) return
    const known = conversations.get(conversation.id)
    if (known && known.version > conversation.version) return
    conversations.set(conversation.id, conversation)
    if (fresh && conversation.owner.kind === 'queue' && known?.owner.kind !== 'queue') announceWaiting(conversation)
    if (fresh && isMine(conversation) && !isMine(known) && !expected.has(conversation.id)) announceMine(conversation)
  }

  function announceWaiting(conversation: Conversation): void {
    if (conversation.status !== 'open') return
    if (!prefs.stored.muted) ring('conversation')
    const title = i18n.global.t('notice.waiting', { name: conversation.person.name })
    spoken.value = title
    notify(title, conversation.last_message?.text ?? '', conversation.id, () => opener(conversation.id))
  }

  /** Somebody handed it to me. */
  function announceMine(conversation: Conversation): void {
    if (!prefs.stored.muted) ring('conversation')
    const title = i18n.global.t('notice.given', { name: conversation.person.name })
    spoken.value = title
    notify(title, conversation.last_message?.text ?? '', conversation.id, () => opener(conversation.id))
  }

  /** Until when, and whether it still is, the hub tells. */
  function announceOffer(conversation: Conversation, fresh: boolean): void {
    offered.set(conversation.id, conversation)
    void routing.refresh()
    if (!fresh) return
    if (!prefs.stored.muted) ring('conversation')
    const title = i18n.global.t('offers.given', { name: conversation.person.name })
    spoken.value = title
    notify(title, conversation.last_message?.text ?? '', conversation.id, () => opener(conversation.id))
  }

  async function fetchConversation(id: string): Promise<ConversationDetails> {
    try {
      const details = await api.get<ConversationDetails>(`/api/conversations/${encodeURIComponent(id)}`)
      seen(details.conversation)
      return details
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) gone(id)
      throw error
    }
  }

  async function loadThread(id: string): Promise<void> {
    outbox.settle(await threads.loadLatest(id))
  }

  function show(id: string | null): void {
    current.value = id
    realtime.signal('viewing', { conversation: id })
    if (id) void loadThread(id)
  }

  return {
    status, lag, ready, conversations, offered, agents, teams, channels, plugins, canned, deadLetters, current, spoken, generation, expected,
    me, open, counts, calling, realtime, isMine, ownerName, start, stop, put, seen, show, fetchConversation, loadThread,
  }
})
