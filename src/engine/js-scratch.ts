/** Memory that carries plain arrays into workers, kept for the next call within a bound. */
import { noMemory } from '../base/errors.js'

/** Idle scratch kept, in all. Larger buffers are left to the garbage collector. */
const KEEP = 256 * 2 ** 20
const PAGE = 1 << 16

const idle: ArrayBuffer[] = []
let kept = 0

/** A buffer of at least so many bytes; what is in it is unspecified. */
export function takeScratch(bytes: number): ArrayBuffer {
  let best = -1
  for (let i = 0; i < idle.length; i++) {
    const size = idle[i]!.byteLength
    // A buffer twice as large as needed would be missed by the call that needs it.
    if (size >= bytes && size <= 2 * bytes + PAGE && (best < 0 || size < idle[best]!.byteLength)) best = i
  }
  if (best >= 0) {
    kept -= idle[best]!.byteLength
    return idle.splice(best, 1)[0]!
  }
  const size = Math.ceil(bytes / PAGE) * PAGE
  try {
    return new ArrayBuffer(size)
  } catch (error) {
    throw noMemory(`a copy of ${bytes} bytes`, error)
  }
}

export function giveScratch(buffer: ArrayBuffer): void {
  if (buffer.byteLength > KEEP) return
  idle.push(buffer)
  kept += buffer.byteLength
  while (kept > KEEP) kept -= idle.shift()!.byteLength
}

export function dropScratch(): void {
  idle.length = 0
  kept = 0
}
