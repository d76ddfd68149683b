import { useEffect, useRef } from 'preact/hooks'
import { useWords } from '../i18n'
import { Icon } from './Icons'

export interface Enlarged { url: string; alt: string }

/** One picture over everything. The dialog keeps the focus and gives it back; Escape or a press closes it. */
export function Lightbox({ picture, close }: { picture: Enlarged; close: () => void }) {
  const { t } = useWords()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="lightbox" aria-label={picture.alt} onClose={close} onClick={() => dialog.current?.close()}>
      <img src={picture.url} alt={picture.alt} />
      <button type="button" class="round" aria-label={t('image.close')}>
        <Icon name="cross" />
      </button>
    </dialog>
  )
}
