import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import type { ButtonItem, Element } from '../net/protocol'
import type { Engine } from '../state/engine'
import { Files } from '../state/files'
import { useStore } from '../state/store'
import { useWords } from '../i18n'
import { Composer, limitHint } from './Composer'
import { Header } from './Header'
import { later } from './later'
import type { Enlarged } from './Lightbox'
import { Announcer, ConnectionBar, HumanFailed } from './Notices'
import { Timeline } from './Timeline'
import { useDrop } from './useDrop'

const Lightbox = later(async () => (await import('./Lightbox')).Lightbox)
const Wait = later(async () => (await import('./Wait')).Wait)

interface Props {
  engine: Engine
  /** What the shop calls its service; the hub's title where it says nothing. */
  title: string
  open: boolean
  focus: number
  /** Words the shop's page puts into the composer. */
  draft: string
  close: (() => void) | null
}

export function App({ engine, title, open, focus, draft, close }: Props) {
  const { locale, t } = useWords()
  const chat = useStore(engine.store)
  const [picture, setPicture] = useState<Enlarged | null>(null)
  const [atEnd, setAtEnd] = useState(true)
  const files = useMemo(() => new Files(engine.token, t), [engine])
  const limits = chat.session?.limits
  const dropping = useDrop((dropped) => limits && void files.add(dropped, limits))
  const visible = useVisible()
  useEffect(() => engine.look(open && visible && atEnd), [open, visible, atEnd])

  const acts = useMemo(
    () => ({
      press: (button: ButtonItem) => engine.press(button),
      resend: (id: string) => engine.resend(id),
      discard: (id: string) => engine.discard(id),
      enlarge: (url: string, alt: string) => setPicture({ url, alt }),
    }),
    [engine],
  )
  const waiting = chat.conversation?.status === 'open' ? chat.conversation.waiting : null
  const [writes, setWrites] = useState('')
  // An action that is not offered any more is no reason to write.
  const writing = waiting?.card?.actions.find((action) => action.writes && action.payload === writes)
  const send = (body: Element[]): void => {
    engine.send(writing ? [{ type: 'choice', label: writing.label[locale]!, payload: writes }, ...body] : body)
    setWrites('')
  }
  const page = useCallback(() => void engine.page(), [engine])

  return (
    <main class="panel" data-testid="panel" aria-label={title || chat.session?.title || t('title')}>
      <Header chat={chat} title={title || chat.session?.title || t('title')} callHuman={() => engine.callHuman()} close={close} />
      <ConnectionBar chat={chat} />
      <Timeline chat={chat} acts={acts} page={page} atEnd={setAtEnd} />
      <HumanFailed chat={chat} resend={acts.resend} />
      {waiting ? <Wait waiting={waiting} pending={chat.pending} send={(body) => engine.send(body)} writes={writing?.payload ?? ''} write={setWrites} /> : null}
      <Composer session={chat.session} files={files} send={send} placeholder={writing?.label[locale]} typing={(on) => engine.tellTyping(on)} focus={focus} draft={draft} />
      <Announcer chat={chat} />
      {dropping && limits ? <div class="drop"><strong>{t('attach.drop')}</strong><span>{limitHint(limits, t)}</span></div> : null}
      {picture ? <Lightbox picture={picture} close={() => setPicture(null)} /> : null}
    </main>
  )
}

function useVisible(): boolean {
  const [visible, setVisible] = useState(document.visibilityState === 'visible')
  useEffect(() => {
    const changed = (): void => setVisible(document.visibilityState === 'visible')
    document.addEventListener('visibilitychange', changed)
    return () => document.removeEventListener('visibilitychange', changed)
  }, [])
  return visible
}
