/**
 * The one script a shop puts on its page: `<script async src="https://HOST/web/w.js"></script>`.
 *
 * Draws the launcher in a closed shadow root and opens the panel in a frame of our own origin. Leaves one name
 * on the page, `frontdesk`; works under a policy without inline styles and beside any style sheet.
 */
import type { Hello, ToLoader, ToPanel } from '../bridge'
import { readableOn } from '../colour'
import { inTurn } from '../turns'
import { build } from './view'

type Listener = (event: ToLoader | { type: 'open' }) => void
type Queued = { q?: ArrayLike<unknown>[]; ready?: boolean }

const COMMANDS = ['open', 'close', 'identify', 'context', 'on']

function start(script: HTMLScriptElement): void {
  const base = new URL('./', script.src)
  const data = script.dataset
  const locale = /^en/i.test(data.locale || document.documentElement.lang || navigator.language) ? 'en' : 'zh-CN'
  const key = `frontdesk:${base.href}`
  const color = /^#[0-9a-f]{6}$/i.test(data.color || '') ? data.color! : '#b93a1c'
  const view = build(locale, data.title || '', color, readableOn(color))
  const listeners: Listener[] = []
  const over: (() => void)[] = []
  let port: MessagePort | null = null
  let frame: HTMLIFrameElement | null = null
  let context: Record<string, string> = { page: location.href.slice(0, 500) }
  let identity: string | null = null
  let open = false
  let draft = ''

  const stored = (token?: string | null): string | null => {
    try {
      if (token) localStorage.setItem(key, token)
      else if (token === null) localStorage.removeItem(key)
      return localStorage.getItem(key)
    } catch {
      return null // storage is refused: the visitor is known for this page only
    }
  }
  const tell = (message: ToPanel): void => port?.postMessage(message)
  const announce: Listener = (event) => listeners.forEach((listen) => listen(event))

  // Frames of another site get no locks where the browser keeps them from storing; the shop's page does.
  const turn = (token: string | null): Promise<void> => {
    tell({ type: 'turn', token })
    return new Promise((done) => over.push(done))
  }

  const heard = ({ data: message }: MessageEvent<ToLoader>): void => {
    if (message.type === 'close') return show(false)
    if (message.type === 'token') return void stored(message.token)
    if (message.type === 'begin') return void inTurn(stored, turn)
    if (message.type === 'begun') return over.shift()?.()
    if (message.type === 'unread') view.badge(message.count)
    announce(message)
  }

  const load = (): void => {
    if (frame) return
    frame = view.frame(`${base.href}frame?from=${encodeURIComponent(location.origin)}&locale=${locale}`)
    frame.addEventListener('load', () => {
      const channel = new MessageChannel()
      port = channel.port1
      port.onmessage = heard
      const hello: Hello = {
        frontdesk: 'hello', token: stored(), locale, theme: data.theme || '', color: data.color ? color : '',
        title: data.title || '', context, identity, draft, open, turns: true,
      }
      frame!.contentWindow!.postMessage(hello, base.origin, [channel.port2])
    })
  }

  const show = (wanted: boolean): void => {
    if (wanted === open) return
    open = wanted
    if (open) load()
    view.show(open)
    tell(open ? { type: 'open', draft } : { type: 'close' })
    announce({ type: open ? 'open' : 'close' })
  }

  const commands: Record<string, (value?: any) => void> = {
    open: (value?: { text?: string }) => {
      draft = value?.text || ''
      if (open) tell({ type: 'open', draft })
      show(true)
    },
    close: () => show(false),
    identify: (value?: { token?: string | null }) => {
      identity = value?.token || null
      if (!identity) stored(null)
      tell({ type: 'identify', token: identity })
      if (identity) load()
    },
    context: (value: Record<string, unknown>) => {
      for (const name in value) context[name.slice(0, 50)] = String(value[name]).slice(0, 500)
      context = Object.fromEntries(Object.entries(context).slice(0, 20))
      tell({ type: 'context', context })
    },
    on: (listener: Listener) => void listeners.push(listener),
  }
  const api = ((name: string, value?: unknown) => {
    if (COMMANDS.includes(name)) commands[name]!(value)
  }) as unknown as Queued & ((...args: unknown[]) => void)
  const before = (window as any).frontdesk as Queued | undefined
  api.ready = true
  ;(window as any).frontdesk = api

  view.onLaunch(() => {
    draft = ''
    show(!open)
  }, load)
  document.body.append(view.host)
  view.host.showPopover?.()
  if (stored()) load() // somebody who has written before: news must reach the badge
  for (const call of before?.q || []) api(...Array.from(call))
}

const script = document.currentScript as HTMLScriptElement | null
if (script && !(window as any).frontdesk?.ready) {
  if (document.body) start(script)
  else addEventListener('DOMContentLoaded', () => start(script))
}
