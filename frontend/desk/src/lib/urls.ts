import type { Element } from '../types'

/** Where an element's file can be read: a path of the hub, or the https address the platform gave. */
export function mediaUrl(element: Pick<Element, 'media' | 'url'>): string {
  const media = element.media ?? ''
  if (/^https?:\/\//.test(media)) return media
  return element.url || `/media/${encodeURIComponent(media)}`
}

/** Whether the page may show this address itself: the content policy allows only our own origin. */
export function isOwn(url: string): boolean {
  return new URL(url, location.href).origin === location.origin
}

/** A link that is safe to follow, or an empty text: `javascript:` and its kind are not. */
export function safeLink(url: string | undefined): string {
  if (!url) return ''
  try {
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(new URL(url, location.href).protocol) ? url : ''
  } catch {
    return ''
  }
}

export interface Piece {
  text: string
  link: string
}

const LINK = /https?:\/\/[^\s<>"'，。；！？、（）【】《》]+[^\s<>"'，。；！？、（）【】《》.,;:!?)\]]/g

/** A text cut at its links, so that the page can show them without any markup. */
export function pieces(text: string): Piece[] {
  const parts: Piece[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), link: '' })
    parts.push({ text: match[0], link: match[0] })
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push({ text: text.slice(end), link: '' })
  return parts
}

/** The hub's one-time link, with the login it was made for, so that nobody has to type it. */
export function setupLink(url: string, login: string): string {
  return `${new URL(url, location.href).href}&${new URLSearchParams({ login })}`
}
