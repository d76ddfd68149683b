import type { Element, Session, Upload } from '../net/protocol'
import type { Translate } from '../i18n'
import type { Attachments } from './attachments'
import { Store } from './store'

/** A file the visitor picked: on its way up, up, or failed. `preview` is a local address of a picture. */
export interface Attachment {
  id: string
  name: string
  size: number
  preview: string
  progress: number
  error: string
  done: Upload | null
}

export interface Tray { items: Attachment[]; complaint: string }

/** The files of the message being written. Whoever only talks never loads what brings them up. */
export class Files {
  readonly store = new Store<Tray>({ items: [], complaint: '' })
  private worker: Attachments | null = null
  private token: () => string
  private t: Translate

  constructor(token: () => string, t: Translate) {
    this.token = token
    this.t = t
  }

  async add(picked: Iterable<File>, limits: Session['limits']): Promise<void> {
    const files = [...picked] // the list of an input is emptied with it
    try {
      const { Attachments } = await import('../ui/attaching')
      this.worker ??= new Attachments(this.store, this.token, this.t)
      this.worker.add(files, limits)
    } catch {
      this.store.set({ complaint: this.t('attach.failed') })
    }
  }

  retry = (id: string): void => this.worker?.retry(id)
  remove = (id: string): void => this.worker?.remove(id)
  take = (): Element[] => this.worker?.take() ?? []
}
