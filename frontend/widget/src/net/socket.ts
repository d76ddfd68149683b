import type { Frame } from './protocol'

export const UNAUTHORIZED = 4401
const OPEN_WITHIN = 3_000
const PING_EVERY = 25_000
const PONG_WITHIN = 10_000

/** A WebSocket that has said hello and was welcomed. `closed` resolves with the close code. */
export interface Socket {
  send(frame: unknown): void
  close(): void
  closed: Promise<number>
}

/**
 * Open a socket and wait for the welcome.
 *
 * Resolves with null when that does not happen within 3 s. `heard` gets every frame, the welcome first; frames of a
 * socket that was given up are dropped.
 */
export function openSocket(hello: unknown, heard: (frame: Frame) => void): Promise<Socket | null | typeof UNAUTHORIZED> {
  return new Promise((ready) => {
    const address = new URL('ws', location.href)
    address.protocol = address.protocol.replace('http', 'ws')
    const raw = new WebSocket(address)
    let welcomed = false
    let over = false
    let ended: (code: number) => void
    const socket: Socket = {
      send: (frame) => raw.readyState === WebSocket.OPEN && raw.send(JSON.stringify(frame)),
      close: () => finish(0),
      closed: new Promise((resolve) => (ended = resolve)),
    }
    const stopBeating = heartbeat(raw, () => socket.send({ t: 'ping' }), () => finish(0))

    const finish = (code: number): void => {
      if (over) return
      over = true
      clearTimeout(timer)
      stopBeating()
      raw.close()
      if (!welcomed) ready(code === UNAUTHORIZED ? UNAUTHORIZED : null)
      ended(code)
    }
    const timer = setTimeout(() => finish(0), OPEN_WITHIN)
    raw.onopen = () => raw.send(JSON.stringify(hello))
    raw.onclose = (event) => finish(event.code)
    raw.addEventListener('message', (event) => {
      if (over) return
      const frame: Frame = JSON.parse(event.data)
      if (frame.t === 'welcome') {
        welcomed = true
        clearTimeout(timer)
        heard(frame)
        ready(socket)
      } else if (welcomed) heard(frame)
    })
  })
}

/** Ask every 25 s whether the other side is there; without any frame for 10 s after that it is not. */
function heartbeat(raw: WebSocket, ping: () => void, dead: () => void): () => void {
  let waiting = 0
  const beat = setInterval(() => {
    ping()
    waiting ||= window.setTimeout(dead, PONG_WITHIN)
  }, PING_EVERY)
  const alive = (): void => {
    clearTimeout(waiting)
    waiting = 0
  }
  raw.addEventListener('message', alive)
  return () => {
    clearInterval(beat)
    alive()
  }
}
