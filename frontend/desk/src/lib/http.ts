/** The HTTP interface of docs/api.md: JSON in and out, the CSRF header, errors as one class. */

/** What the server refused, or `offline` where it could not be reached. `message` is a sentence for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

let csrf = ''
let language = ''
let onSignedOut: () => void = () => undefined

/** The token every changing request carries; the session answer gives it. */
export function setCsrf(token: string): void {
  csrf = token
}

/** The language the server's own sentences should come in. */
export function setLanguage(locale: string): void {
  language = locale
}

/** Called when the server says that nobody is signed in any more. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

export const api = {
  get: <T>(path: string): Promise<T> => request<T>('GET', path),
  post: <T>(path: string, body: unknown = {}): Promise<T> => request<T>('POST', path, JSON.stringify(body)),
  put: <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, JSON.stringify(body)),
  patch: <T>(path: string, body: unknown): Promise<T> => request<T>('PATCH', path, JSON.stringify(body)),
  delete: <T>(path: string): Promise<T> => request<T>('DELETE', path),
}

async function request<T>(method: string, path: string, body?: string): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (language) headers['Accept-Language'] = language
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  if (method !== 'GET' && csrf) headers['X-CSRF-Token'] = csrf
  let response: Response
  try {
    response = await fetch(path, { method, headers, body, credentials: 'same-origin' })
  } catch {
    throw new ApiError(0, 'offline', '')
  }
  return unpack<T>(response.status, await response.text(), path)
}

function unpack<T>(status: number, text: string, path: string): T {
  const value = parse(text)
  if (status >= 200 && status < 300) return value as T
  const error = (value as { error?: { code?: string; message?: string } } | undefined)?.error
  if (status === 401 && path !== '/api/session') onSignedOut()
  throw new ApiError(status, error?.code ?? `http_${status}`, error?.message ?? '')
}

function parse(text: string): unknown {
  try {
    return text ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** Sends one file; `onProgress` gets 0 to 1. XMLHttpRequest because fetch cannot report progress of an upload. */
export function upload<T>(path: string, file: File, onProgress: (share: number) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    if (csrf) request.setRequestHeader('X-CSRF-Token', csrf)
    if (language) request.setRequestHeader('Accept-Language', language)
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onerror = () => reject(new ApiError(0, 'offline', ''))
    request.onload = () => {
      try {
        resolve(unpack<T>(request.status, request.responseText, path))
      } catch (error) {
        reject(error)
      }
    }
    const form = new FormData()
    form.append('file', file, file.name)
    request.send(form)
  })
}
