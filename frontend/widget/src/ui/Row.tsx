import type { ButtonItem, Element } from '../net/protocol'
import type { Line } from '../state/lines'
import { clockTime } from '../format'
import { useWords, type Key } from '../i18n'
import { safeUrl } from '../links'
import { Content } from './Elements'
import { Icon } from './Icons'
import { Picture } from './Picture'

export interface Acts {
  press(button: ButtonItem): void
  resend(id: string): void
  discard(id: string): void
  enlarge(url: string, alt: string): void
}

/** One message: who, what, its choices, and for the visitor's own how far it got. */
export function Row({ line, newestOwn, acts }: { line: Line; newestOwn: boolean; acts: Acts }) {
  const { locale, t } = useWords()
  if (line.direction === 'system') return <SystemRow line={line} />
  const mine = line.direction === 'in'
  const name = mine ? t('you') : line.author.name || t(line.author.kind === 'agent' ? 'agent' : 'bot')
  const classes = ['row', mine ? 'mine' : 'theirs', line.author.kind, line.first && 'first', line.last && 'last']
  return (
    <li
      class={classes.filter(Boolean).join(' ')}
      data-testid="message"
      data-id={line.id}
      data-direction={line.direction}
      data-state={line.state}
    >
      {!mine && <Avatar kind={line.author.kind} name={name} />}
      <div class="stack">
        {line.first && !mine ? <span class="name" aria-hidden="true">{name}</span> : null}
        <span class="hidden">{name}: </span>
        {blocks(line.body).map((block) =>
          block[0]!.type === 'image' ? (
            <Picture image={block[0]} enlarge={acts.enlarge} />
          ) : (
            <div class="bubble" title={clockTime(line.at, locale, t)}>
              {block.map((element) => <Content element={element} />)}
            </div>
          ),
        )}
        <Choices body={line.body} live={line.live} press={acts.press} />
        {mine && (newestOwn || line.state === 'failed' || line.state === 'waiting') ? <Progress line={line} acts={acts} /> : null}
      </div>
    </li>
  )
}

/** The parts of a message that stand apart: each picture by itself, what lies between in one bubble. */
function blocks(body: Element[]): Element[][] {
  const result: Element[][] = []
  for (const element of body) {
    if (element.type === 'buttons' && !element.text) continue // its choices stand below
    const before = result.at(-1)
    if (!before || element.type === 'image' || before[0]!.type === 'image') result.push([element])
    else before.push(element)
  }
  return result
}

/** A line of the house; its words come in the visitor's language. */
function SystemRow({ line }: { line: Line }) {
  return (
    <li class="system" data-testid="message" data-id={line.id} data-direction="system" data-state={line.state} data-code={line.code}>
      <span>{line.body[0]?.type === 'text' ? line.body[0].text : ''}</span>
    </li>
  )
}

export function Avatar({ kind, name }: { kind: string; name: string }) {
  return (
    <span class={`avatar ${kind}`} aria-hidden="true">
      {kind === 'agent' ? [...name][0] : <Icon name="bell" />}
    </span>
  )
}

function Choices({ body, live, press }: { body: Element[]; live: boolean; press: (button: ButtonItem) => void }) {
  const buttons = body.flatMap((element) => (element.type === 'buttons' ? element.buttons : []))
  if (!buttons.length) return null
  return (
    <div class="choices">
      {buttons.map((button) => {
        const href = button.url && safeUrl(button.url)
        return href ? (
          <a class="choice" data-testid="choice" href={href} target="_blank" rel="noopener noreferrer">
            {button.label} <Icon name="go" />
          </a>
        ) : (
          <button type="button" class="choice" data-testid="choice" disabled={!live} onClick={() => press(button)}>
            {button.label}
          </button>
        )
      })}
    </div>
  )
}

const STATES: Record<string, [Key, Parameters<typeof Icon>[0]['name']]> = {
  waiting: ['state.waiting', 'clock'],
  sending: ['state.sending', 'clock'],
  stored: ['state.stored', 'check'],
  read: ['state.read', 'checks'],
  failed: ['state.failed', 'alert'],
}

function Progress({ line, acts }: { line: Line; acts: Acts }) {
  const { t } = useWords()
  const [word, icon] = STATES[line.state] ?? ['state.sent', 'check']
  return (
    <div class={`progress ${line.state}`}>
      <Icon name={icon} />
      <span>{line.error || t(word)}</span>
      {line.state === 'failed' ? (
        <>
          <button type="button" data-testid="resend" onClick={() => acts.resend(line.id)}>{t('resend')}</button>
          {line.refused ? <button type="button" onClick={() => acts.discard(line.id)}>{t('discard')}</button> : null}
        </>
      ) : null}
    </div>
  )
}
