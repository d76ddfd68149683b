/** What the loader on the shop's page and the panel in the frame say to each other, over one MessagePort. */

/** The first message, posted to the frame's exact origin together with the port. */
export interface Hello {
  frontdesk: 'hello'
  token: string | null
  locale: string
  theme: string
  color: string
  title: string
  context: Record<string, string>
  identity: string | null
  draft: string
  open: boolean
  /** The loader answers `begin` with `turn`; one that was on the page before the hub was brought up to date does not. */
  turns?: true
}

/** From the loader to the panel. */
export type ToPanel =
  | { type: 'open'; draft: string }
  | { type: 'close' }
  | { type: 'identify'; token: string | null }
  | { type: 'context'; context: Record<string, string> }
  /** No other tab opens its first session until `begun`; the token is the one kept now. */
  | { type: 'turn'; token: string | null }

/** From the panel to the loader. */
export type ToLoader =
  | { type: 'close' }
  | { type: 'token'; token: string | null }
  | { type: 'begin' }
  | { type: 'begun' }
  | { type: 'unread'; count: number }
  | { type: 'message'; text: string }
