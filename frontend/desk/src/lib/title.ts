/** The name of this service: what the operator configured (the plugin writes it into the page), or `fallback`. */
export function pageTitle(fallback: string): string {
  return document.querySelector<HTMLMetaElement>('meta[name="frontdesk-title"]')?.content || fallback
}
