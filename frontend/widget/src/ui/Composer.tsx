import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Element, Session } from '../net/protocol'
import type { Files } from '../state/files'
import { useStore } from '../state/store'
import { fileSize, typeName } from '../format'
import { useWords, type Translate } from '../i18n'
import { Icon } from './Icons'
import { later } from './later'

interface Props {
  session: Session | null
  files: Files
  send: (body: Element[]) => void
  typing: (on: boolean) => void
  /** Changes whenever the writer should be here. */
  focus: number
  /** Words to begin with; taken over whenever `focus` changes. */
  draft: string
  /** What is to be written now, where it is something certain. */
  placeholder: string | undefined
}

const Tray = later(async () => (await import('./attaching')).Tray)
const DRAFT = 'frontdesk:draft'
const NO_LIMITS: Session['limits'] = { text: 4000, upload_bytes: 0, upload_types: [] }

/** Where the visitor writes. Works without a connection: what is sent then waits in the outbox. */
export function Composer({ session, files, send, typing, focus, draft, placeholder }: Props) {
  const { t } = useWords()
  const { items, complaint } = useStore(files.store)
  const [text, setText] = useState(kept)
  const area = useRef<HTMLTextAreaElement>(null)
  const composing = useComposition()
  const tellTyping = useTyping(typing)
  const limits = session?.limits ?? NO_LIMITS
  const count = [...text].length
  const tooLong = count > limits.text
  const uploading = items.some((item) => !item.done)
  const ready = !tooLong && !uploading && (text.trim() !== '' || items.length > 0)

  useEffect(() => {
    if (draft) setText(draft)
    if (focus) area.current?.focus({ preventScroll: true })
  }, [focus, draft])
  useEffect(() => {
    if (placeholder) area.current?.focus()
  }, [placeholder])
  useLayoutEffect(() => {
    keep(text)
    const element = area.current!
    element.style.height = 'auto'
    element.style.height = `${element.scrollHeight}px`
  }, [text])

  const submit = (): void => {
    if (!ready) return
    const body: Element[] = text.trim() ? [{ type: 'text', text: text.trim() }] : []
    send([...body, ...files.take()])
    setText('')
    area.current?.focus()
  }
  const keydown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || composing.current) return
    event.preventDefault()
    submit()
  }
  const paste = (event: ClipboardEvent): void => {
    const pasted = event.clipboardData?.files
    if (!pasted?.length) return
    event.preventDefault()
    void files.add(pasted, limits)
  }

  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); submit() }}>
      {items.length ? <Tray files={files} /> : null}
      {complaint ? <p class="complaint" role="alert">{complaint}</p> : null}
      {tooLong ? <p class="complaint" role="alert">{t('composer.long', { limit: limits.text, count })}</p> : null}
      <div class="field">
        <AttachButton limits={limits} add={(picked) => void files.add(picked, limits)} />
        <textarea
          ref={area}
          data-testid="composer-input"
          rows={1}
          value={text}
          enterkeyhint="send"
          aria-label={placeholder ?? t('composer.label')}
          placeholder={placeholder ?? t('composer.placeholder')}
          onInput={(event) => { setText(event.currentTarget.value); tellTyping() }}
          onKeyDown={keydown}
          onPaste={paste}
          onCompositionStart={composing.start}
          onCompositionEnd={composing.end}
        />
        <button type="submit" class="send" data-testid="composer-send" disabled={!ready} aria-label={t('composer.send')}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  )
}

function AttachButton({ limits, add }: { limits: Session['limits']; add: (picked: FileList) => void }) {
  const { t } = useWords()
  const input = useRef<HTMLInputElement>(null)
  const hint = limitHint(limits, t)
  if (!hint) return null
  return (
    <>
      <button
        type="button"
        class="round attach"
        data-testid="attach"
        title={hint}
        aria-label={`${t('composer.attach')} (${hint})`}
        onClick={() => input.current!.click()}
      >
        <Icon name="clip" />
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        accept={limits.upload_types.join(',')}
        onChange={(event) => { add(event.currentTarget.files!); event.currentTarget.value = '' }}
      />
    </>
  )
}

/** What may be attached, in one line: `图片、PDF，最大 10 MB`. Empty where nothing may. */
export function limitHint(limits: Session['limits'], t: Translate): string {
  if (!limits.upload_types.length) return ''
  const names = limits.upload_types.map((type) => (type.startsWith('image/') ? t('attach.images') : typeName(type)))
  return t('attach.limit', { types: [...new Set(names)].join(' · '), size: fileSize(limits.upload_bytes) })
}

/**
 * Whether an input method is composing. The key that ends a composition comes after `compositionend` in Safari, so the
 * end counts only when the present task is over.
 */
function useComposition() {
  const state = useRef({
    current: false,
    start: () => { state.current.current = true },
    end: () => { setTimeout(() => { state.current.current = false }) },
  })
  return state.current
}

/** Tells "is typing" at most every 3 s, and the end after 4 s of silence. */
function useTyping(typing: (on: boolean) => void): () => void {
  const told = useRef(0)
  const quiet = useRef(0)
  return () => {
    if (Date.now() - told.current > 3_000) {
      told.current = Date.now()
      typing(true)
    }
    clearTimeout(quiet.current)
    quiet.current = window.setTimeout(() => { told.current = 0; typing(false) }, 4_000)
  }
}

function kept(): string {
  try {
    return sessionStorage.getItem(DRAFT) ?? ''
  } catch {
    return ''
  }
}

function keep(text: string): void {
  try {
    sessionStorage.setItem(DRAFT, text)
  } catch {
    // Storage is refused in this frame: the draft lives as long as the page.
  }
}
