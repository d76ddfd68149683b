/** Times, durations, sizes and shares in the reader's language. */

/** 35 % */
export function percent(share: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent' }).format(share)
}

/** 0:07, 12:30, 3:05:00 */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000))
  const two = (value: number): string => String(value).padStart(2, '0')
  const hours = Math.floor(seconds / 3_600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

export function clockTime(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
}

export function fullTime(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(at)
}

/** The time for today, the date for other days. */
export function shortTime(at: number, locale: string, now = Date.now()): string {
  if (sameDay(at, now)) return clockTime(at, locale)
  const year = new Date(at).getFullYear() === new Date(now).getFullYear() ? undefined : ('numeric' as const)
  return new Intl.DateTimeFormat(locale, { year, month: 'numeric', day: 'numeric' }).format(at)
}

/** The time, with the date on other days: 14:05, 11-30 14:05, Nov 30, 14:05 */
export function dateTime(at: number, locale: string, now = Date.now()): string {
  if (sameDay(at, now)) return clockTime(at, locale)
  const month = locale.startsWith('zh') ? ('2-digit' as const) : ('short' as const)
  const day = new Intl.DateTimeFormat(locale, { month, day: '2-digit' }).format(at).replace('/', '-')
  return locale.startsWith('zh') ? `${day} ${clockTime(at, locale)}` : `${day}, ${clockTime(at, locale)}`
}

/** "Today", "yesterday", or the date: what stands between two days of a thread. */
export function dayName(at: number, locale: string, now = Date.now()): string {
  const days = Math.round((startOfDay(at) - startOfDay(now)) / 86_400_000)
  if (days === 0 || days === -1) return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day')
  return new Intl.DateTimeFormat(locale, { dateStyle: 'full' }).format(at)
}

export function sameDay(a: number, b: number): boolean {
  return startOfDay(a) === startOfDay(b)
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0)
}

export function fileSize(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`
  const kilobytes = bytes / 1_024
  return kilobytes < 1_024 ? `${kilobytes.toFixed(0)} kB` : `${(kilobytes / 1_024).toFixed(1)} MB`
}

/** One or two letters for an avatar: the last two of a Chinese name, the initials of another. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean)
  const last = words.at(-1) ?? ''
  if (/[\u3400-\u9fff]/.test(name)) return /[\u3400-\u9fff]/.test(last) ? last.slice(-2) : last.slice(0, 2)
  return ((words[0]?.[0] ?? '?') + (words.length > 1 ? (last[0] ?? '') : '')).toUpperCase()
}

/** A number from a text, the same each time: which colour somebody's avatar gets. */
export function hash(text: string): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) >>> 0, 7)
}
