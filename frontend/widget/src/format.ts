import type { Translate } from './i18n'

const DAY = 86_400_000

/** `14:05`, with the day where it is not today. */
export function clockTime(at: number, locale: string, t: Translate, now = Date.now()): string {
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false }).format(at)
  const days = Math.round((midnight(now) - midnight(at)) / DAY)
  if (days <= 0) return time
  if (days === 1) return `${t('yesterday')} ${time}`
  return `${new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric' }).format(at)} ${time}`
}

function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

/** `10 MB`, `812 KB`. */
export function fileSize(bytes: number): string {
  if (bytes >= 1_048_576) return `${+(bytes / 1_048_576).toFixed(1)} MB`
  return `${Math.max(1, Math.round(bytes / 1024))} KB`
}

/** `JPEG`, `PDF`: what people call a MIME type. */
export function typeName(mime: string): string {
  const known: Record<string, string> = { 'text/plain': 'TXT', 'application/zip': 'ZIP' }
  if (known[mime]) return known[mime]
  if (mime.includes('word')) return 'Word'
  if (mime.includes('sheet') || mime.includes('excel')) return 'Excel'
  return mime.split('/')[1]!.toUpperCase()
}
