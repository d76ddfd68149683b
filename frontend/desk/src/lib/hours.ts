import type { Hour } from '../stores/queues'

/** The hours of several queues as those of one, in order; a mean counts as often as somebody was answered. */
export function together(queues: Hour[][]): Hour[] {
  const hours = new Map<number, Hour>()
  for (const one of queues.flat()) {
    const known = hours.get(one.hour)
    hours.set(one.hour, known ? added(known, one) : one)
  }
  return [...hours.values()].sort((a, b) => a.hour - b.hour)
}

function added(a: Hour, b: Hour): Hour {
  const answered = a.answered + b.answered
  const waited = a.answered * (a.mean ?? 0) + b.answered * (b.mean ?? 0)
  const longest = [a.longest, b.longest].filter((one) => one !== null)
  return {
    hour: a.hour,
    came: a.came + b.came,
    answered,
    left: a.left + b.left,
    mean: answered ? waited / answered : null,
    longest: longest.length ? Math.max(...longest) : null,
  }
}
