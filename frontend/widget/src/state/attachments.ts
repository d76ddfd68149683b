import { Refusal } from '../net/http'
import type { Element, Session, Upload } from '../net/protocol'
import { upload } from '../net/upload'
import { fileSize } from '../format'
import type { Translate } from '../i18n'
import type { Attachment, Tray } from './files'
import { newId } from './ids'
import type { Store } from './store'

const MOST = 6

/** Brings the files of the message being written up at once, so that sending does not have to wait. */
export class Attachments {
  private store: Store<Tray>
  private files = new Map<string, { file: File; abort: AbortController }>()
  private token: () => string
  private t: Translate

  constructor(store: Store<Tray>, token: () => string, t: Translate) {
    this.store = store
    this.token = token
    this.t = t
  }

  add(files: Iterable<File>, limits: Session['limits']): void {
    this.store.set({ complaint: '' })
    for (const file of files) {
      const complaint = this.complaint(file, limits)
      if (complaint) {
        this.store.set({ complaint: `${this.store.state.complaint}\n${complaint}`.trim() })
        continue
      }
      const id = newId()
      const preview = file.type.startsWith('image/') ? URL.createObjectURL(file) : ''
      const item = { id, name: file.name, size: file.size, preview, progress: 0, error: '', done: null }
      this.files.set(id, { file, abort: new AbortController() })
      this.store.set({ items: [...this.store.state.items, item] })
      void this.bring(id)
    }
  }

  retry(id: string): void {
    this.patch(id, { error: '', progress: 0 })
    void this.bring(id)
  }

  remove(id: string): void {
    this.files.get(id)?.abort.abort()
    this.files.delete(id)
    this.store.set({ items: this.store.state.items.filter((item) => item.id !== id), complaint: '' })
  }

  /** The elements of what is up, and an empty tray. */
  take(): Element[] {
    const elements = this.store.state.items.flatMap((item) => (item.done ? [element(item, item.done)] : []))
    this.files.clear()
    this.store.set({ items: [], complaint: '' })
    return elements
  }

  private complaint(file: File, limits: Session['limits']): string {
    const name = file.name
    if (this.store.state.items.length >= MOST) return this.t('attach.many', { count: MOST })
    if (file.type && !limits.upload_types.includes(file.type)) return this.t('attach.type', { name })
    if (file.size <= limits.upload_bytes) return ''
    return this.t('attach.large', { name, size: fileSize(file.size), limit: fileSize(limits.upload_bytes) })
  }

  private async bring(id: string): Promise<void> {
    const entry = this.files.get(id)
    if (!entry) return
    try {
      const done = await upload(entry.file, this.token(), (progress) => this.patch(id, { progress }), entry.abort.signal)
      this.patch(id, { done, progress: 1 })
    } catch (error) {
      this.patch(id, { error: (error instanceof Refusal && error.message) || this.t('attach.failed') })
    }
  }

  private patch(id: string, change: Partial<Attachment>): void {
    this.store.set({ items: this.store.state.items.map((item) => (item.id === id ? { ...item, ...change } : item)) })
  }
}

/** `url` is the local preview: shown until the hub's own address comes, and never sent. */
function element(item: Attachment, { media, mime, size, width, height, name }: Upload): Element {
  if (!mime.startsWith('image/')) return { type: 'file', media, name, mime, size }
  return { type: 'image', media, name, mime, size, width, height, url: item.preview }
}
