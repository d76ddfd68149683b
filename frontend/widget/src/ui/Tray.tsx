import type { Files } from '../state/files'
import { useStore } from '../state/store'
import { fileSize } from '../format'
import { useWords } from '../i18n'
import { Icon } from './Icons'

/** The files of the message being written, each with its progress. */
export function Tray({ files }: { files: Files }) {
  const { t } = useWords()
  const { items } = useStore(files.store)
  if (!items.length) return null
  return (
    <ul class="tray">
      {items.map((item) => {
        const percent = Math.round(item.progress * 100)
        return (
          <li key={item.id} class={item.error ? 'item failed' : 'item'} data-testid="attachment" data-state={item.error ? 'failed' : item.done ? 'done' : 'uploading'}>
            {item.preview && !item.error ? <img src={item.preview} alt="" /> : <span class="file-icon"><Icon name="file" /></span>}
            <span class="file-text">
              <bdi class="file-name">{item.name}</bdi>
              <small>{item.error || fileSize(item.size)}</small>
            </span>
            {item.error ? <button type="button" class="link" onClick={() => files.retry(item.id)}>{t('attach.retry')}</button> : null}
            <button type="button" class="round small" aria-label={t('attach.remove', { name: item.name })} onClick={() => files.remove(item.id)}>
              <Icon name="cross" />
            </button>
            {item.done || item.error ? null : <progress max={100} value={percent} aria-label={t('attach.progress', { name: item.name, percent })} />}
          </li>
        )
      })}
    </ul>
  )
}
