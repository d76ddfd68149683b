/** The few pictures of the panel: strokes in a 24 by 24 box; those in `SOLID` are filled too. */
const PATHS = {
  bell: 'M5.5 14.5a6.5 6.5 0 0 1 13 0ZM4 18.5h16M12 4.5v2',
  down: 'm6 9 6 6 6-6',
  person: 'M5 13v-2a7 7 0 0 1 14 0v2M5 12.5h2.5V18H6.5A2 2 0 0 1 4.5 16v-3.5Zm14 0h-2.5V18h1a2 2 0 0 0 2-2v-3.5Zm-1 5.5c-.5 2-2 3-5 3',
  send: 'M4 5l16 7-16 7 2-6 6-1-6-1Z',
  clip: 'm8 13 6-6a2.8 2.8 0 0 1 4 4l-7 7a4.6 4.6 0 0 1-6.5-6.5l7-7',
  file: 'M6 3h8l5 5v13H6ZM14 3v5h5',
  cross: 'M6 6l12 12M18 6 6 18',
  check: 'm5 13 4 4L19 7',
  checks: 'm2 13 4 4L16 7m-5 9 1 1L22 7',
  clock: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 4v5l3 2',
  alert: 'M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18Zm0 4v6m0 3v1',
  go: 'm9 6 6 6-6 6',
  place: 'M12 21s7-6 7-11a7 7 0 0 0-14 0c0 5 7 11 7 11Zm0-9a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
}
const SOLID = 'bell send'

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class={SOLID.includes(name) ? 'icon solid' : 'icon'} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}
