/**
 * The panel's page. In a frame it waits for the loader's hello, which brings what the shop's page knows (token, language,
 * colour); opened by itself it is a chat page of its own.
 */
import { render } from 'preact'
import type { Hello, ToLoader, ToPanel } from './bridge'
import { readableOn } from './colour'
import { speech, Words } from './i18n'
import { Engine } from './state/engine'
import { summary } from './state/lines'
import { inTurn } from './turns'
import { App } from './ui/App'
import './styles/tokens.css'
import './styles/panel.css'
import './styles/messages.css'
import './styles/composer.css'

const OWN_TOKEN = 'frontdesk:token'
const query = new URLSearchParams(location.search)

function alone(): Hello {
  const locale = query.get('locale') ?? (/^zh/i.test(navigator.language) ? 'zh-CN' : 'en')
  const token = localStorage.getItem(OWN_TOKEN)
  // What a link brings stands behind the #: no server and no log on the way sees it.
  const context = Object.fromEntries(new URLSearchParams(location.hash.slice(1)))
  return { frontdesk: 'hello', token, locale, theme: '', color: '', title: '', context, identity: null, draft: '', open: true }
}

async function begin(hello: Hello, port: MessagePort | null): Promise<void> {
  const words = await speech(hello.locale)
  const { locale } = words
  dress(hello, locale, hello.title || words.t('title'))
  const tell = (message: ToLoader): void => port?.postMessage(message)
  const turns: ((kept: string | null) => void)[] = []
  const ourTurn = (): Promise<string | null> => {
    tell({ type: 'begin' })
    return new Promise((resolve) => turns.push(resolve))
  }
  const engine = new Engine({
    locale,
    token: hello.token,
    identity: hello.identity,
    context: hello.context,
    keepToken: (token) => (port ? tell({ type: 'token', token }) : keepOwn(token)),
    inTurn: (open) => {
      if (!port) return inTurn(() => localStorage.getItem(OWN_TOKEN), open)
      return hello.turns ? ourTurn().then(open).finally(() => tell({ type: 'begun' })) : open(null)
    },
  })
  let open = hello.open
  let focus = 0
  let draft = hello.draft
  const close = port ? () => tell({ type: 'close' }) : null

  const draw = (): void =>
    render(
      <Words.Provider value={words}>
        <App engine={engine} title={hello.title} open={open} focus={focus} draft={draft} close={close} />
      </Words.Provider>,
      document.getElementById('app')!,
    )
  const turn = (wanted: boolean): void => {
    open = wanted
    if (open) {
      engine.start()
      focus += matchMedia('(pointer: fine)').matches ? 1 : 0 // on a phone the keyboard would cover the greeting
    }
    draw()
  }

  if (port) {
    port.onmessage = ({ data }: MessageEvent<ToPanel>) => {
      if (data.type === 'open') draft = data.draft
      if (data.type === 'open' || data.type === 'close') turn(data.type === 'open')
      else if (data.type === 'context') engine.tellContext(data.context)
      else if (data.type === 'identify') engine.identify(data.token)
      else turns.shift()?.(data.token)
    }
    addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing && !document.querySelector('dialog[open]')) close!()
    })
    report(engine, tell)
  }
  if (hello.token || hello.identity || hello.context.scene) engine.start()
  turn(open)
}

/** Keep the launcher's badge right, and tell the page about new messages. */
function report(engine: Engine, tell: (message: ToLoader) => void): void {
  let unread = 0
  engine.store.subscribe(() => {
    const { state } = engine.store
    if (state.unread === unread) return
    const more = state.unread > unread
    unread = state.unread
    tell({ type: 'unread', count: unread })
    const last = state.messages.at(-1)
    if (more && last) tell({ type: 'message', text: summary(last.body, '') })
  })
}

function dress({ theme, color }: Hello, locale: string, title: string): void {
  const root = document.documentElement
  root.lang = locale
  document.title = title
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
  if (!/^#[0-9a-f]{6}$/i.test(color)) return
  root.style.setProperty('--accent', color)
  root.style.setProperty('--on-accent', readableOn(color))
}

function keepOwn(token: string | null): void {
  if (token) localStorage.setItem(OWN_TOKEN, token)
  else localStorage.removeItem(OWN_TOKEN)
}

if (window.parent === window) void begin(alone(), null)
else {
  let greeted = false
  addEventListener('message', (event: MessageEvent<Hello>) => {
    // The server names in `frame-ancestors` who may embed this page; the loader names its own origin in the address.
    if (greeted || event.source !== window.parent || event.origin !== query.get('from')) return
    if (event.data?.frontdesk !== 'hello' || !event.ports[0]) return
    greeted = true
    void begin(event.data, event.ports[0])
  })
}
