import type { Chat } from '../state/model'
import { useWords } from '../i18n'
import { Icon } from './Icons'
import { Avatar } from './Row'

interface Props { chat: Chat; title: string; callHuman: () => void; close: (() => void) | null }

/** Who serves, and the two ways out: to a person, and back to the shop. */
export function Header({ chat, title, callHuman, close }: Props) {
  const { t } = useWords()
  const owner = chat.conversation?.status === 'open' ? chat.conversation.owner : undefined
  const agent = owner?.kind === 'agent'
  return (
    <header class="header">
      <Avatar kind={agent ? 'agent' : 'bot'} name={agent ? owner.name : title} />
      <div class="who">
        <h1>{title}</h1>
        <p>
          <i class={`dot ${chat.link}`} />
          {agent ? t('owner.agent', { name: owner.name }) : t(owner?.kind === 'queue' ? 'owner.queue' : 'owner.bot')}
        </p>
      </div>
      <HumanButton chat={chat} call={callHuman} />
      {close ? (
        <button type="button" class="round" aria-label={t('close')} onClick={close}>
          <Icon name="down" />
        </button>
      ) : null}
    </header>
  )
}

function HumanButton({ chat, call }: { chat: Chat; call: () => void }) {
  const { t } = useWords()
  const owner = chat.conversation?.status === 'open' ? chat.conversation.owner.kind : 'bot'
  const calling = chat.pending.some((command) => command.name === 'human' && command.state !== 'failed')
  const word = owner === 'agent' ? 'human.served' : owner === 'queue' ? 'human.queued' : calling ? 'human.calling' : 'human'
  const busy = word !== 'human'
  return (
    <button type="button" class="human" data-testid="human" aria-disabled={busy} onClick={() => !busy && call()}>
      <Icon name="person" />
      {t(word)}
    </button>
  )
}
