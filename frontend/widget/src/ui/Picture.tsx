import { useState } from 'preact/hooks'
import { useWords } from '../i18n'
import { safeUrl } from '../links'

interface Image { media: string; url?: string; alt?: string; name?: string; width?: number; height?: number }

/** A picture with its room kept free before it is loaded, so that nothing jumps. Pressing enlarges it. */
export function Picture({ image, enlarge }: { image: Image; enlarge: (url: string, alt: string) => void }) {
  const { t } = useWords()
  const [gone, setGone] = useState('')
  const source = image.url ?? (image.media.startsWith('https://') ? image.media : '')
  const url = source.startsWith('blob:') ? source : safeUrl(source)
  const alt = image.alt || image.name || t('image')
  if (!source || !url || gone === url) return <p class="bubble gone">{t('image.gone')}</p>
  const { width, height } = shown(image.width || 240, image.height || 180)
  return (
    <button type="button" class="picture" aria-label={`${t('image.open')}: ${alt}`} onClick={() => enlarge(url, alt)}>
      <img src={url} alt={alt} width={width} height={height} onError={() => setGone(url)} />
    </button>
  )
}

/** The size it is shown in, in pixels: at most 240 by 300, never larger than it is. */
function shown(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, 240 / width, 300 / height)
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}
