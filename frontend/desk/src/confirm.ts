import { shallowRef } from 'vue'

interface Question {
  text: string
  yes: string
  answer: (agreed: boolean) => void
}

/** The question on the screen; ConfirmDialog shows it. */
export const question = shallowRef<Question | null>(null)

/** Asks before something that is hard to undo; `yes` names what will be done. */
export function ask(text: string, yes: string): Promise<boolean> {
  question.value?.answer(false)
  return new Promise((resolve) => {
    question.value = {
      text,
      yes,
      answer: (agreed) => {
        question.value = null
        resolve(agreed)
      },
    }
  })
}
