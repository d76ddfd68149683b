import css from './loader.css?inline'

const BELL =
  'M12 3.2a1.3 1.3 0 0 1 .9 2.24v.62A7.6 7.6 0 0 1 19.6 13.6v1.1H4.4v-1.1a7.6 7.6 0 0 1 6.7-7.54v-.62A1.3 1.3 0 0 1 12 3.2ZM3.6 16.4h16.8a1.2 1.2 0 0 1 0 3.4H3.6a1.2 1.2 0 0 1 0-3.4Z'
const DOWN = 'M5.6 8.6 12 15l6.4-6.4 1.6 1.6-8 8-8-8Z'
const WORDS = {
  'zh-CN': ['打开在线客服', '关闭在线客服', '条未读消息', '在线客服'],
  en: ['Open customer service chat', 'Close chat', 'unread', 'Customer service'],
}

export interface View {
  host: HTMLElement
  frame(src: string): HTMLIFrameElement
  show(open: boolean): void
  badge(count: number): void
  onLaunch(press: () => void, hover: () => void): void
}

/** Everything the loader draws. No markup with styles and no style element: a strict policy would refuse both. */
export function build(locale: 'zh-CN' | 'en', title: string, colour: string, onColour: string): View {
  const [opens, closes, unread, chat] = WORDS[locale] as [string, string, string, string]
  const host = document.createElement('frontdesk-chat')
  // Inline and important is the one kind of rule no style sheet of the page can win against.
  host.style.cssText = ['all:initial', 'direction:ltr', 'position:fixed', 'inset:auto 0 0 auto', 'z-index:2147483647', 'display:block', 'width:0', 'height:0']
    .map((rule) => `${rule}!important`).join(';')
  host.popover = 'manual' // in the top layer nothing the page does to its body moves or fades it
  const root = host.attachShadow({ mode: 'closed' })
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  root.adoptedStyleSheets = [sheet]

  const button = document.createElement('button')
  button.type = 'button'
  button.dataset.testid = 'launcher'
  button.style.setProperty('--c', colour)
  button.style.setProperty('--t', onColour)
  const icon = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  icon.setAttribute('viewBox', '0 0 24 24')
  icon.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  icon.append(path)
  const badge = document.createElement('span')
  badge.hidden = true
  button.append(icon, badge)

  const panel = document.createElement('div')
  panel.setAttribute('role', 'dialog')
  panel.setAttribute('aria-label', title || chat)
  root.append(panel, button)

  let open = false
  let count = 0
  const draw = (): void => {
    path.setAttribute('d', open ? DOWN : BELL)
    badge.hidden = open || !count
    badge.textContent = count > 99 ? '99+' : String(count)
    button.ariaLabel = open ? closes : opens + (count ? ` (${count} ${unread})` : '')
    button.ariaExpanded = String(open)
    panel.className = button.className = open ? 'open' : ''
    panel.inert = !open
  }
  draw()

  let frame: HTMLIFrameElement | undefined
  addEventListener('keydown', (event) => {
    if (open && event.key === 'Escape' && root.activeElement) button.click()
  })
  return {
    host,
    frame(src) {
      frame = document.createElement('iframe')
      frame.title = title || chat
      frame.allow = 'clipboard-write'
      frame.src = src
      panel.append(frame)
      return frame
    },
    show(wanted) {
      open = wanted
      draw()
      if (open) frame?.focus()
      else button.focus()
    },
    badge(unreadNow) {
      count = unreadNow
      draw()
    },
    onLaunch(press, hover) {
      button.onclick = press
      button.onpointerenter = hover
    },
  }
}
