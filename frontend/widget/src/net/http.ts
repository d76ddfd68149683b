import type { Outcome, Session } from './protocol'

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
export const at = (path: string): URL => new URL(path, location.href)

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
