import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { clock } from '../../lib/clock'
import { dateTime } from '../../lib/format'
import { useAllowances } from '../../stores/allowances'
import { usePrefs } from '../../stores/prefs'
import type { Leg } from '../../types'

/** From here on the end is worth a warning. */
const SHORTLY = 3_600_000

export interface Limit {
  /** Nothing may be sent now. */
  blocked: boolean
  low: boolean
  /** How much and until when; where nothing may be sent, why and what to do. */
  words: string
}

/** What may be sent on a leg, in words; null where the platform sets no bounds. `others` is whether there is another leg to choose. */
export function useLimit(leg: () => Leg | undefined, others: () => boolean): ComputedRef<Limit | null> {
  const allowances = useAllowances()
  const prefs = usePrefs()
  const { t } = useI18n()

  return computed(() => {
    const allowance = allowances.byLeg.get(leg()?.id ?? '')
    if (!allowance) return null
    const { left, until } = allowance
    if (left === null && until === null) return null
    const over = until !== null && until <= clock.value
    const time = until === null ? '' : dateTime(until, prefs.locale, clock.value)
    if (over || left === 0) {
      const why = over ? 'over' : until === null && !allowance.why ? 'never' : 'used'
      const parts = { why: t(`allowance.${why}`, { time }), advice: t(others() ? 'allowance.choose' : 'allowance.wait') }
      return { blocked: true, low: true, words: t('allowance.none', parts) }
    }
    const low = left === 1 || (until !== null && until - clock.value < SHORTLY)
    const words =
      left === null
        ? t('allowance.until', { time })
        : t(until === null ? 'allowance.left' : 'allowance.left_until', { count: left, time }, left)
    return { blocked: false, low, words }
  })
}
