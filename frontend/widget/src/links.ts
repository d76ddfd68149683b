/** A piece of text: words, or a link with its address. */
export interface Piece { text: string; href?: string }

const LINK = /https?:\/\/[^\s<>"'“”‘’，。；！？、（）《》【】]+/gi
const TRAILING = /[.,;:!?)\]}]+$/

/** Cut text into words and links. Only http and https are ever made clickable. */
export function pieces(text: string): Piece[] {
  const result: Piece[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const shown = match[0].replace(TRAILING, '')
    const href = safeUrl(shown)
    if (!href) continue
    if (match.index > end) result.push({ text: text.slice(end, match.index) })
    result.push({ text: shown, href })
    end = match.index + shown.length
  }
  if (end < text.length) result.push({ text: text.slice(end) })
  return result
}

/** The address if it is http or https, else nothing: `javascript:` and its kin never reach the page. */
export function safeUrl(address: string): string | undefined {
  try {
    const url = new URL(address, location.href)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined
  } catch {
    return undefined
  }
}
