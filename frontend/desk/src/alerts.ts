/** What calls an agent back to the page: a sound, a desktop notification, a number in the title, a dot on the icon. */
import { ref } from 'vue'
import plainIcon from './assets/icon.svg'
import newsIcon from './assets/icon-new.svg'

export type Ring = 'conversation' | 'message'

let audio: AudioContext | null = null
let isRingingTab = true

/** Whether the browser lets us make a sound yet: it wants a press of a button first. */
export const soundReady = ref(false)

/** Must be called from a press of a button. Plays the sound once, so that one hears that it works. */
export async function unlockSound(): Promise<void> {
  audio ??= new AudioContext()
  await audio.resume()
  soundReady.value = audio.state === 'running'
  tone('message')
}

/** Only one tab of a browser rings: the one that holds the lock. Without locks (plain http) each does. */
export function claimBell(): void {
  if (!navigator.locks) return
  isRingingTab = false
  void navigator.locks.request('frontdesk-bell', () => {
    isRingingTab = true
    return new Promise(() => undefined) // held until the tab closes
  })
}

export function ring(kind: Ring): void {
  if (isRingingTab) tone(kind)
}

function tone(kind: Ring): void {
  if (!audio || audio.state !== 'running') return
  const notes = kind === 'conversation' ? [659, 880, 1175] : [880]
  notes.forEach((frequency, index) => note(audio!, frequency, audio!.currentTime + index * 0.13))
}

/** A soft bell: quick rise, slow fall. */
function note(context: AudioContext, frequency: number, at: number): void {
  const oscillator = context.createOscillator()
  const volume = context.createGain()
  oscillator.type = 'sine'
  oscillator.frequency.value = frequency
  volume.gain.setValueAtTime(0, at)
  volume.gain.linearRampToValueAtTime(0.18, at + 0.015)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.45)
  oscillator.connect(volume).connect(context.destination)
  oscillator.start(at)
  oscillator.stop(at + 0.5)
}

export function mayNotify(): boolean {
  return 'Notification' in window && Notification.permission === 'granted'
}

export async function askToNotify(): Promise<boolean> {
  return 'Notification' in window && (await Notification.requestPermission()) === 'granted'
}

/** A notification of the desktop, when the page is hidden and we may. `tag` replaces an older one of its kind. */
export function notify(title: string, body: string, tag: string, onClick: () => void): void {
  if (!document.hidden || !isRingingTab || !mayNotify()) return
  const notification = new Notification(title, { body, tag, icon: newsIcon })
  notification.onclick = () => {
    window.focus()
    onClick()
    notification.close()
  }
}

/** Shows in the tab's title and icon how many customers want something. */
export function showCount(count: number, title: string): void {
  document.title = count ? `(${count}) ${title}` : title
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  const icon = count ? newsIcon : plainIcon
  if (link && link.getAttribute('href') !== icon) link.setAttribute('href', icon)
}
