/** The names that a function finds on every worker of Node, whatever this program has put on its own globalThis. */

// Node's own, 20 to 26, as Object.getOwnPropertyNames(globalThis) of a worker lists them; the language's come from V8.
const NODE =
  'process global Buffer navigator setImmediate clearImmediate setInterval clearInterval setTimeout clearTimeout ' +
  'queueMicrotask structuredClone atob btoa performance fetch crypto URL URLSearchParams URLPattern DOMException ' +
  'AbortController AbortSignal Event EventTarget CustomEvent MessageEvent CloseEvent ErrorEvent TextEncoder ' +
  'TextDecoder TextEncoderStream TextDecoderStream TransformStream TransformStreamDefaultController WritableStream ' +
  'WritableStreamDefaultController WritableStreamDefaultWriter ReadableStream ReadableStreamDefaultReader ' +
  'ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableByteStreamController ReadableStreamDefaultController ' +
  'ByteLengthQueuingStrategy CountQueuingStrategy CompressionStream DecompressionStream BroadcastChannel ' +
  'MessageChannel MessagePort Blob File Performance PerformanceEntry PerformanceMark PerformanceMeasure ' +
  'PerformanceObserver PerformanceObserverEntryList PerformanceResourceTiming FormData Headers Request Response ' +
  'WebSocket EventSource Navigator Crypto CryptoKey SubtleCrypto QuotaExceededError'

let names: ReadonlySet<string> | undefined

/** The global names of a worker of this version of Node. */
export function workerGlobals(): ReadonlySet<string> {
  if (names === undefined) {
    const { runInNewContext } = process.getBuiltinModule('node:vm')
    const language = runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[]
    names = new Set([...language, ...NODE.split(' ').filter((name) => name in globalThis)])
  }
  return names
}
