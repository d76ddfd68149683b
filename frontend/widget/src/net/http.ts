import type { Outcome, Session, Upload } from './protocol'

/** The server answered, and the answer is no. Network failures are TypeErrors of fetch itself. */
export class Refusal extends Error {
  status: number
  code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Addresses are relative to the frame's page: the panel works under any instance name and prefix. */
const at = (path: string): URL => new URL(path, location.href)

async function answer(response: Response): Promise<any> {
  const data = await response.json().catch(() => ({}))
  if (response.ok) return data
  throw new Refusal(response.status, data.error?.code ?? 'error', data.error?.message ?? response.statusText)
}

/** Ask with the visitor's token; raises Refusal, or TypeError where there is no network. */
export async function ask(path: string, token: string, body?: unknown, signal?: AbortSignal): Promise<any> {
  return answer(
    await fetch(at(path), {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
      cache: 'no-store',
      credentials: 'omit',
    }),
  )
}

export interface SessionRequest {
  token: string | null
  identity: string | null
  locale: string
  context: Record<string, string>
}

export const openSession = (request: SessionRequest): Promise<Session> => ask('session', '', request)

/** Do a command over HTTP, for visitors whose network lets no WebSocket through. */
export async function command(token: string, id: string, name: string, data: unknown): Promise<Outcome> {
  try {
    return { ok: true, data: await ask('commands', token, { id, name, data }) }
  } catch (error) {
    if (!(error instanceof Refusal) || error.status === 401 || error.status >= 500) throw error
    return { ok: false, code: error.code, message: error.message }
  }
}

/** Send a file up; `progress` hears 0 to 1. XMLHttpRequest, because fetch tells nothing about progress. */
export function upload(file: File, token: string, progress: (part: number) => void, signal: AbortSignal): Promise<Upload> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest()
    request.open('POST', at('uploads'))
    request.setRequestHeader('Authorization', `Bearer ${token}`)
    request.responseType = 'json'
    request.upload.onprogress = (event) => progress(event.loaded / (event.total || 1))
    request.onerror = () => failed(new TypeError('network'))
    request.onload = () => {
      const data = request.response ?? {}
      if (request.status < 300) done(data)
      else failed(new Refusal(request.status, data.error?.code ?? 'error', data.error?.message ?? ''))
    }
    signal.addEventListener('abort', () => request.abort())
    const form = new FormData()
    form.append('file', file, file.name)
    request.send(form)
  })
}
