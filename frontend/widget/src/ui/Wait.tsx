import { useEffect, useRef, useState } from 'preact/hooks'
import type { Element, WaitAction, Waiting } from '../net/protocol'
import type { Pending } from '../state/model'
import { useWords } from '../i18n'
import { Icon } from './Icons'

const QUIET = 30_000

interface Props {
  waiting: Waiting
  pending: Pending[]
  send: (body: Element[]) => void
  /** The action a message is being written for. */
  writes: string
  write: (payload: string) => void
}

/** How long it takes until a person is there, and what may be done instead. Stands above the composer while one waits. */
export function Wait({ waiting, pending, send, writes, write }: Props) {
  const { locale, t } = useWords()
  const { card } = waiting
  const { place } = card ?? waiting
  const title = card?.title[locale] ?? t('queue.title')
  const text = card?.text[locale] ?? (place > 1 ? t('queue.ahead', { count: place - 1 }) : t('queue.next'))
  const [asked, setAsked] = useState('')
  const box = useRef<HTMLElement>(null)
  const actions = card?.actions ?? []
  const asking = actions.find((action) => action.asks && action.payload === asked)
  const writing = actions.find((action) => action.payload === writes)

  const choose = (action: WaitAction, ...more: Element[]): void => {
    send([{ type: 'choice', label: action.label[locale]!, payload: action.payload }, ...more])
    setAsked('')
    box.current!.focus() // what had the focus is gone
  }
  const press = (action: WaitAction): void => {
    if (action.writes) write(writes ? '' : action.payload)
    else if (action.asks) setAsked(action.payload)
    else choose(action)
  }
  return (
    <section class="queue" data-testid="queue" aria-label={title} tabIndex={-1} ref={box}>
      <span class="queue-pulse">{place || <Icon name="clock" />}</span>
      <div class="queue-body">
        <strong>{title}</strong>
        <p>{writing?.writes?.[locale] ?? asking?.asks?.hint[locale] ?? text}</p>
        {card ? null : <small>{t('queue.hint')}</small>}
        {asking ? <Ask action={asking} done={(value) => choose(asking, { type: 'text', text: value })} back={() => setAsked('')} /> : null}
        {asking || !actions.length ? null : (
          <div class="choices">
            {actions.map((action) => (
              <button
                type="button"
                class="choice"
                data-testid="wait-action"
                data-payload={action.payload}
                aria-pressed={action.writes ? action === writing : undefined}
                disabled={pending.some(({ body }) => body.some((one) => one.type === 'choice' && one.payload === action.payload))}
                onClick={() => press(action)}
              >
                {action.label[locale]}
              </button>
            ))}
          </div>
        )}
      </div>
      <Spoken title={title} text={text} />
    </section>
  )
}

/** Asks for the one value an action needs, such as a telephone number. */
function Ask({ action, done, back }: { action: WaitAction; done: (value: string) => void; back: () => void }) {
  const { locale, t } = useWords()
  const { type, name, label } = action.asks!
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => input.current?.focus(), [])
  return (
    <form
      class="queue-ask"
      onSubmit={(event) => { event.preventDefault(); done(input.current!.value.trim()) }}
      onKeyDown={(event) => { if (event.key === 'Escape') { event.stopPropagation(); back() } }}
    >
      <input
        ref={input}
        data-testid="wait-value"
        type={type}
        name={name}
        autocomplete={type === 'tel' ? 'tel' : 'on'}
        required
        maxLength={25}
        pattern={type === 'tel' ? '\\+?[\\d \\(\\)\\/.\\-]{5,25}' : undefined}
        aria-label={label[locale]}
        placeholder={label[locale]}
      />
      <button type="submit" class="choice" data-testid="wait-submit">{action.label[locale]}</button>
      <button type="button" class="link" onClick={back}>{t('queue.back')}</button>
    </form>
  )
}

/** Reads the card aloud: at once when it is another matter, and places and estimates not more often than each half minute. */
function Spoken({ title, text }: { title: string; text: string }) {
  const [said, setSaid] = useState('')
  const last = useRef({ title: '', at: 0 })
  useEffect(() => {
    const wait = last.current.title === title ? last.current.at + QUIET - Date.now() : 0
    const timer = setTimeout(() => {
      last.current = { title, at: Date.now() }
      setSaid(`${title}: ${text}`)
    }, Math.max(wait, 0))
    return () => clearTimeout(timer)
  }, [title, text])
  return <div class="hidden" role="status" data-testid="wait-spoken">{said}</div>
}
