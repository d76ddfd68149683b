import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Line } from '../state/lines'

const NEAR = 60
const PAGE_AT = 120

/**
 * The scrolling of the conversation: it follows the newest line while the reader is at the end, stays where the reader is
 * when older lines are put above, and asks for older lines near the top.
 */
export function useScroll(rows: Line[], page: () => void) {
  const box = useRef<HTMLDivElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const [near, setNear] = useState(true)
  const follows = useRef(true)
  const before = useRef({ first: '', last: '', height: 0 })
  const pager = useRef(page)
  pager.current = page

  const toEnd = (): void => {
    box.current!.scrollTop = box.current!.scrollHeight
  }

  useLayoutEffect(() => {
    const element = box.current!
    const first = rows[0]?.key ?? ''
    const last = rows.at(-1)
    const was = before.current
    before.current = { first, last: last?.key ?? '', height: element.scrollHeight }
    const olderCame = was.first && first !== was.first && rows.some((row) => row.key === was.first)
    if (olderCame && !follows.current) element.scrollTop += element.scrollHeight - was.height
    else if (last && last.key !== was.last && (follows.current || last.direction === 'in')) toEnd()
  }, [rows])

  useEffect(() => {
    const element = box.current!
    let top = 0
    const scrolled = (): void => {
      const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR
      // Only going up is leaving: a picture that grew below moves the end away, not the reader.
      if (atEnd || element.scrollTop < top) follows.current = atEnd
      top = element.scrollTop
      setNear(follows.current)
      if (element.scrollTop < PAGE_AT) pager.current()
    }
    element.addEventListener('scroll', scrolled, { passive: true })
    // Pictures, the keyboard of a phone and the queue card change heights without a new row.
    const resized = new ResizeObserver(() => {
      before.current.height = element.scrollHeight
      if (follows.current) toEnd()
    })
    resized.observe(list.current!)
    resized.observe(element)
    return () => {
      element.removeEventListener('scroll', scrolled)
      resized.disconnect()
    }
  }, [])

  return { box, list, near, toEnd }
}
