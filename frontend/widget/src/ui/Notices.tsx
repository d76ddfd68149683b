import { useEffect, useRef, useState } from 'preact/hooks'
import type { Chat } from '../state/model'
import { useWords } from '../i18n'
import { summary } from '../state/lines'
import { Icon } from './Icons'

const GOOD_NEWS = 2_500

/** Whether the page is joined to the hub. Always in the document, seen only when there is something to say. */
export function ConnectionBar({ chat }: { chat: Chat }) {
  const { t } = useWords()
  const [back, setBack] = useState(false)
  const before = useRef(chat.link)
  useEffect(() => {
    const was = before.current
    before.current = chat.link
    if (chat.link !== 'online' || was !== 'offline') return setBack(false)
    setBack(true)
    const timer = setTimeout(() => setBack(false), GOOD_NEWS)
    return () => clearTimeout(timer)
  }, [chat.link])
  const text = chat.link === 'online' ? (back ? t('link.back') : '') : t(`link.${chat.link}`)
  return (
    <div
      class={`connection ${back ? 'back' : chat.link}`}
      data-testid="connection"
      data-state={chat.link}
      data-transport={chat.transport}
      role="status"
    >
      {text}
    </div>
  )
}

/** The call for a person failed: said where it was made, with a way to try again. */
export function HumanFailed({ chat, resend }: { chat: Chat; resend: (id: string) => void }) {
  const { t } = useWords()
  const command = chat.pending.find((other) => other.name === 'human' && other.state === 'failed')
  if (!command) return null
  return (
    <div class="trouble" role="alert">
      <Icon name="alert" />
      <span>{command.error || t('human.failed')}</span>
      <button type="button" onClick={() => resend(command.id)}>{t('resend')}</button>
    </div>
  )
}

/** Reads arriving messages to those who cannot see them; what was there at the start is not read out. */
export function Announcer({ chat }: { chat: Chat }) {
  const { t } = useWords()
  const said = useRef<string | null>(null)
  const [text, setText] = useState('')
  const last = chat.messages.findLast((message) => message.direction !== 'in')
  useEffect(() => {
    if (said.current !== null && last && last.id !== said.current) {
      const name = last.author.name || t(last.author.kind === 'agent' ? 'agent' : 'bot')
      setText(`${name}: ${summary(last.body, t('image'))}`)
    }
    if (chat.link === 'online') said.current = last?.id ?? ''
  }, [last?.id, chat.link])
  return <div class="hidden" role="status" aria-live="polite">{text}</div>
}
