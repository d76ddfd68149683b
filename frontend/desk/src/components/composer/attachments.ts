import { ref, type Ref } from 'vue'
import { upload } from '../../lib/http'
import { newId } from '../../lib/ids'
import { reasonOf } from '../../toast'
import type { ComposerTab } from '../../stores/drafts'
import type { Element, Upload } from '../../types'

/** A file on its way to the hub. When it arrived it becomes an `Upload` and part of the draft. */
export interface Uploading {
  id: string
  file: File
  tab: ComposerTab
  share: number
  error: string
}

/** Sends picked, pasted and dropped files; each that arrives is handed to `arrived`, with the tab it was meant for. */
export function useAttachments(arrived: (upload: Upload, tab: ComposerTab) => void): {
  uploading: Ref<Uploading[]>
  add: (files: Iterable<File>, tab: ComposerTab) => void
  retry: (id: string) => void
  remove: (id: string) => void
} {
  const uploading = ref<Uploading[]>([])

  function add(files: Iterable<File>, tab: ComposerTab): void {
    for (const file of files) {
      const item = { id: newId(), file, tab, share: 0, error: '' }
      uploading.value.push(item)
      void start(item.id)
    }
  }

  async function start(id: string): Promise<void> {
    const find = (): Uploading | undefined => uploading.value.find((item) => item.id === id)
    const item = find()
    if (!item) return
    item.error = ''
    try {
      const done = await upload<Upload>('/api/uploads', item.file, (share) => {
        const current = find()
        if (current) current.share = share
      })
      if (!find()) return // removed meanwhile
      remove(id)
      arrived({ ...done, name: done.name || item.file.name }, item.tab)
    } catch (error) {
      const failed = find()
      if (failed) failed.error = reasonOf(error)
    }
  }

  function remove(id: string): void {
    uploading.value = uploading.value.filter((item) => item.id !== id)
  }

  return { uploading, add, retry: (id) => void start(id), remove }
}

/** The element that shows an uploaded file in a message. */
export function elementOf(upload: Upload): Element {
  const { media, name, mime, size, width, height } = upload
  if (mime.startsWith('image/')) return { type: 'image', media, name, mime, size, width: width || 0, height: height || 0 }
  return { type: 'file', media, name, mime, size }
}
