import type { Element } from '../net/protocol'
import { summary } from '../state/lines'
import { later } from './later'
import { Words } from './Words'

const Rich = later(async () => (await import('./Rich')).Rich, ({ element }: { element: Element }) => <Words text={summary([element], '')} />)

/** One element inside a bubble. Pictures and buttons are drawn by the row, beside it; what is rare is loaded when it comes. */
export function Content({ element }: { element: Element }) {
  if (element.type === 'choice') return <Words text={element.label} />
  if (element.type !== 'text' && element.type !== 'buttons') return <Rich element={element} />
  return element.text ? <Words text={element.text} /> : null
}
