import type { Element } from '../net/protocol'
import { fileSize } from '../format'
import { useWords } from '../i18n'
import { safeUrl } from '../links'
import { Icon } from './Icons'
import { Words } from './Words'

/** The elements that are more than words. */
export function Rich({ element }: { element: Element }) {
  const { t } = useWords()
  switch (element.type) {
    case 'file':
      return <Attachment name={element.name} size={element.size} url={element.url} />
    case 'video':
      return <Attachment name={element.name || t('video')} url={element.url} />
    case 'voice':
      return <Voice url={element.url} transcript={element.transcript} />
    case 'card':
      return <Card {...element} />
    case 'location':
      return (
        <p class="words place">
          <Icon name="place" /> {[element.name, element.address].filter(Boolean).join(' · ') || t('location')}
        </p>
      )
    case 'quote':
      return element.text ? <blockquote class="quote">{element.text}</blockquote> : null
    case 'mention':
      return <p class="words">@{element.name || element.id}</p>
    default:
      return null
  }
}

function Attachment({ name, size, url }: { name: string; size?: number | undefined; url?: string | undefined }) {
  const { t } = useWords()
  const inside = (
    <>
      <span class="file-icon">
        <Icon name="file" />
      </span>
      <span class="file-text">
        <bdi class="file-name">{name}</bdi>
        {size ? <small>{fileSize(size)}</small> : null}
      </span>
    </>
  )
  const href = url && safeUrl(url)
  if (!href) return <div class="file">{inside}</div>
  return (
    <a class="file" href={href} download={name} target="_blank" rel="noopener" aria-label={t('file.download', { name })}>
      {inside}
    </a>
  )
}

function Voice({ url, transcript }: { url?: string | undefined; transcript?: string | undefined }) {
  const { t } = useWords()
  return (
    <div class="voice">
      {url ? <audio controls preload="none" src={safeUrl(url)} aria-label={t('voice')} /> : <p class="words">{t('voice')}</p>}
      {transcript ? <p class="words">{transcript}</p> : null}
    </div>
  )
}

function Card({ title, text, url, image }: { title: string; text?: string; url?: string; image?: string }) {
  const { t } = useWords()
  const href = url && safeUrl(url)
  const picture = image && safeUrl(image)
  return (
    <div class="card">
      {picture ? <img src={picture} alt="" loading="lazy" /> : null}
      <strong>{title}</strong>
      {text ? <Words text={text} /> : null}
      {href ? (
        <a class="card-link" href={href} target="_blank" rel="noopener noreferrer">
          {t('card.open')} <Icon name="go" />
        </a>
      ) : null}
    </div>
  )
}
