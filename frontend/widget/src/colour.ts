/** The text colour that is easier to read on `#rrggbb`, by the contrast rule of WCAG 2. */
export function readableOn(colour: string): string {
  const light = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  const luminance = 0.2126 * light[0]! + 0.7152 * light[1]! + 0.0722 * light[2]!
  return luminance > 0.179 ? '#1d1713' : '#fff'
}
