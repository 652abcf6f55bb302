/** What is made of a recording, made once: trace, picture and table begin alike, and recordings may be large. */
import type { Recording } from './types.js'

export function once<T>(make: (recording: Recording) => T): (recording: Recording) => T {
  const made = new WeakMap<Recording, { readonly it: T }>()
  return (recording) => {
    let known = made.get(recording)
    if (known === undefined) {
      known = { it: make(recording) }
      made.set(recording, known)
    }
    return known.it
  }
}
