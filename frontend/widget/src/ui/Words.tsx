import { pieces } from '../links'

/** Text with its links. */
export function Words({ text }: { text: string }) {
  return (
    <p class="words">
      {pieces(text).map(({ text: part, href }) =>
        href ? (
          <a href={href} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  )
}
