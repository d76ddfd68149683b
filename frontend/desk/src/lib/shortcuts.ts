import { onBeforeUnmount, onMounted } from 'vue'

/** What a shortcut does, by name; ShortcutsDialog lists the same names. */
export type ShortcutName = 'take_next' | 'note' | 'close' | 'transfer' | 'claim' | 'break' | 'previous' | 'next' | 'composer' | 'help'

/**
 * The keys of each shortcut. None is Alt with a letter alone (those write characters on many keyboards). Chromium
 * keeps Ctrl+Shift+N for itself on most systems, so a note has a second one.
 */
export const SHORTCUTS: Record<ShortcutName, readonly string[]> = {
  take_next: ['Ctrl+Shift+A'],
  note: ['Ctrl+Shift+N', 'Ctrl+Shift+Y'],
  close: ['Ctrl+Shift+E'],
  transfer: ['Ctrl+Shift+X'],
  claim: ['Ctrl+Shift+L'],
  break: ['Ctrl+Shift+B'],
  previous: ['Alt+ArrowUp'],
  next: ['Alt+ArrowDown'],
  composer: ['Escape'],
  help: ['?'],
}

/** Calls the handler of whatever shortcut is pressed, while the component is on the page. */
export function useShortcuts(handlers: Record<ShortcutName, () => void>): void {
  function pressed(event: KeyboardEvent): void {
    if (event.isComposing || event.defaultPrevented || dialogOpen()) return
    const name = named(event)
    if (!name) return
    event.preventDefault()
    handlers[name]()
  }
  onMounted(() => window.addEventListener('keydown', pressed))
  onBeforeUnmount(() => window.removeEventListener('keydown', pressed))
}

/** Closed dialogs stay in the document, so being there is not enough. */
function dialogOpen(): boolean {
  return [...document.querySelectorAll('.el-overlay-dialog, dialog')].some((dialog) => dialog.getClientRects().length > 0)
}

function named(event: KeyboardEvent): ShortcutName | undefined {
  const writing = event.target instanceof HTMLElement && event.target.matches('input, textarea, select, [contenteditable]')
  if (event.key === '?' && !event.ctrlKey && !event.altKey) return writing ? undefined : 'help'
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key
  const keys = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.shiftKey && 'Shift', key].filter(Boolean).join('+')
  return (Object.keys(SHORTCUTS) as ShortcutName[]).find((name) => SHORTCUTS[name].includes(keys))
}
