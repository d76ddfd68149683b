import { at, Refusal } from './http'
import type { Upload } from './protocol'

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
