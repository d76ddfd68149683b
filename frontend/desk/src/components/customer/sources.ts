import { useI18n } from 'vue-i18n'
import { useDesk } from '../../stores/desk'

/** Who or what linked an identity or joined two customers, in words. */
export function useSources(): { keyName: (key: string) => string; sourceOf: (source: string) => string; actorOf: (actor: string) => string } {
  const desk = useDesk()
  const { t, te } = useI18n()

  function keyName(key: string): string {
    const kind = key.replace(/^key:/, '')
    return te(`who.key.${kind}`) ? t(`who.key.${kind}`) : kind
  }

  /** A channel by its title, a key by its name, else a word we know. */
  function sourceOf(source: string): string {
    if (source.startsWith('key:')) return t('source.key', { key: keyName(source) })
    if (/:\d+$/.test(source)) return t('source.merged') // it came with somebody who was joined
    const channel = desk.channels.find((known) => known.name === source)
    if (channel) return te(`platform.${channel.platform}`) ? t(`platform.${channel.platform}`) : channel.title
    return te(`source.${source}`) ? t(`source.${source}`) : source
  }

  /** An agent by their name, else what acted by itself. */
  function actorOf(actor: string): string {
    return [...desk.agents.values()].find((agent) => agent.login === actor)?.name ?? sourceOf(actor)
  }

  return { keyName, sourceOf, actorOf }
}
