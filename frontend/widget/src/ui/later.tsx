import type { ComponentType, VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** A component that is loaded when it is first drawn. Until then, and where the network fails, `instead` stands there. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>, instead: (props: P) => VNode | null = () => null) {
  let Loaded: ComponentType<P> | null = null
  return function Later(props: P) {
    const [, draw] = useState(false)
    useEffect(() => {
      if (Loaded) return
      load().then((component) => {
        Loaded = component
        draw(true)
      }, () => undefined)
    }, [])
    return Loaded ? <Loaded {...props} /> : instead(props)
  }
}
