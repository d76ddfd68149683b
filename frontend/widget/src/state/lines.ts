import type { Author, Element, Message } from '../net/protocol'
import type { Chat } from './model'

/** One row of the conversation: a message that has its place, or one that is still on its way. */
export interface Line {
  /** The same before and after the hub confirmed a message, so that its row is not drawn anew. */
  key: string
  id: string
  direction: Message['direction']
  author: Author
  body: Element[]
  at: number
  state: string
  error: string
  code: string
  refused: boolean
  /** First and last of a run by one author: the first shows who, the last carries the tail. */
  first: boolean
  last: boolean
  /** A time stands above it. */
  timed: boolean
  /** Its buttons may be pressed: nothing was said after it. */
  live: boolean
}

const RUN = 3 * 60_000
const PAUSE = 10 * 60_000
const ME: Author = { kind: 'person', id: '', name: '' }

/** Everything to show, oldest first. */
export function lines(chat: Chat): Line[] {
  const rows = [...chat.messages.map(fromMessage), ...fromPending(chat)]
  const lastSaid = rows.findLastIndex((row) => row.direction !== 'system')
  rows.forEach((row, at) => {
    const before = rows[at - 1]
    const after = rows[at + 1]
    row.timed = !before || row.at - before.at > PAUSE
    row.first = !before || !sameRun(before, row)
    row.last = !after || !sameRun(row, after)
    row.live = at === lastSaid && row.direction === 'out'
  })
  return rows
}

function sameRun(a: Line, b: Line): boolean {
  return a.direction === b.direction && a.author.kind === b.author.kind && a.author.id === b.author.id && b.at - a.at < RUN
}

const POSITION = { first: true, last: true, timed: false, live: false }

function fromMessage(message: Message): Line {
  return {
    ...POSITION,
    ...message,
    key: message.client_id || message.id,
    error: message.error ?? '',
    code: message.code ?? '',
    refused: false,
  }
}

function fromPending(chat: Chat): Line[] {
  return chat.pending
    .filter((command) => command.name === 'send')
    .map((command) => ({ ...POSITION, ...command, key: command.id, direction: 'in' as const, author: ME, code: '' }))
}

/** A message as one line of words, for the screen reader and the shop's page. */
export function summary(body: Element[], picture: string): string {
  return body
    .map((element) => {
      if (element.type === 'image') return element.alt || picture
      if ('text' in element && element.text) return element.text
      if ('title' in element) return element.title
      return 'name' in element ? (element.name ?? '') : ''
    })
    .filter(Boolean)
    .join(' ')
}
