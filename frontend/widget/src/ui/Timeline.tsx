import { useEffect, useMemo } from 'preact/hooks'
import type { ButtonItem, Session } from '../net/protocol'
import { lines } from '../state/lines'
import type { Chat } from '../state/model'
import { clockTime } from '../format'
import { useWords } from '../i18n'
import { Icon } from './Icons'
import { Avatar, Row, type Acts } from './Row'
import { useScroll } from './useScroll'
import { Words } from './Words'

interface Props {
  chat: Chat
  acts: Acts
  page: () => void
  /** Told whether the newest message is in sight. */
  atEnd: (there: boolean) => void
}

/** The conversation, oldest first. Keeps to the newest line, or where the reader is when they scrolled up. */
export function Timeline({ chat, acts, page, atEnd }: Props) {
  const { locale, t } = useWords()
  const rows = useMemo(() => lines(chat), [chat.messages, chat.pending])
  const newestOwn = rows.findLast((row) => row.direction === 'in')?.key
  const { box, list, near, toEnd } = useScroll(rows, page)
  useEffect(() => atEnd(near), [near])

  return (
    <div class="middle">
      <div class="timeline" ref={box} role="log" aria-live="off" aria-label={t('messages')} tabIndex={0}>
        <div ref={list}>
          {chat.more ? (
            <button type="button" class="earlier" disabled={chat.paging} onClick={page}>
              {t(chat.paging ? 'history.loading' : 'history.more')}
            </button>
          ) : (
            chat.session && <Greeting session={chat.session} fresh={!rows.length} press={acts.press} />
          )}
          <ol class="rows">
            {rows.flatMap((line) => [
              line.timed ? <li class="time" key={`t${line.key}`}>{clockTime(line.at, locale, t)}</li> : null,
              line.id === chat.marker ? <li class="new" key="new">{t('new.line')}</li> : null,
              <Row key={line.key} line={line} newestOwn={line.key === newestOwn} acts={acts} />,
            ])}
          </ol>
          {chat.typing ? <TypingRow kind={chat.typing.kind} name={chat.typing.name || t('agent')} /> : null}
        </div>
      </div>
      {near ? null : (
        <button type="button" class="jump" aria-label={t('new.bottom')} onClick={toEnd}>
          <Icon name="down" /> {chat.unread ? t('new.jump', { count: chat.unread }) : null}
        </button>
      )}
    </div>
  )
}

function Greeting({ session, fresh, press }: { session: Session; fresh: boolean; press: (button: ButtonItem) => void }) {
  const { t } = useWords()
  const { text, buttons } = session.greeting
  if (!text) return null
  return (
    <div class={fresh ? 'greeting fresh' : 'greeting'}>
      <div class="row theirs bot first last">
        <Avatar kind="bot" name="" />
        <div class="stack">
          <span class="name">{t('bot')}</span>
          <div class="bubble"><Words text={text} /></div>
        </div>
      </div>
      {fresh && buttons.length ? (
        <div class="questions">
          {buttons.map((button) => (
            <button type="button" data-testid="choice" onClick={() => press(button)}>
              {button.label} <Icon name="go" />
            </button>
          ))}
        </div>
      ) : null}
    </div>
  )
}

function TypingRow({ kind, name }: { kind: string; name: string }) {
  const { t } = useWords()
  return (
    <div class={`row theirs ${kind} first last`} data-testid="typing">
      <Avatar kind={kind} name={name} />
      <div class="bubble dots" role="img" aria-label={t('typing', { name })}>
        <i /> <i /> <i />
      </div>
    </div>
  )
}
