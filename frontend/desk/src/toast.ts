import { ElMessage } from 'element-plus'
import 'element-plus/es/components/message/style/css'
import { ApiError } from './lib/http'
import { CommandError } from './realtime'
import { i18n } from './i18n'

/** Notices drop below the bar, so that they do not lie on its switches. */
const BELOW_BAR = 60

type Kind = 'success' | 'info' | 'warning' | 'error'

/** A short notice at the top of the page, read out by screen readers. */
export function toast(kind: Kind, message: string): void {
  ElMessage({ offset: BELOW_BAR, type: kind, message, duration: kind === 'error' ? 6_000 : 3_000, grouping: true, showClose: kind === 'error' })
}

/** Refusals of files, which the server words for developers. */
const OURS = ['too_large', 'empty', 'lying_type', 'type_not_allowed', 'picture_too_large', 'unknown_media']

/** Why something was refused, as a sentence: the server's own words where it sent some for people. */
export function reasonOf(error: unknown): string {
  const { t, te } = i18n.global
  if (!(error instanceof ApiError || error instanceof CommandError)) return t('error.unknown')
  if (error.message && !OURS.includes(error.code)) return error.message
  return te(`error.${error.code}`) ? t(`error.${error.code}`) : t('error.unknown')
}

export function toastError(error: unknown): void {
  toast('error', reasonOf(error))
}
