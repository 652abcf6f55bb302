/** What the load generator asks for, decided by a seed: the same requests in the same order for every server. */

export type Kind = 'search' | 'statistics' | 'closing'
export const KINDS: readonly Kind[] = ['search', 'statistics', 'closing']

/** How a deck of ten expensive requests is made up. */
export const MIX: Readonly<Record<Kind, number>> = { search: 5, statistics: 3, closing: 2 }
/** One client in so many gives up at some point. */
export const IMPATIENT = 4
/** How long those wait, spread evenly over the logarithm. */
export const PATIENCE_MS: readonly [number, number] = [10, 5000]
/** Different requests of each kind. */
export const VARIANTS = 32

export interface Expensive {
  readonly id: number
  readonly kind: Kind
  readonly variant: number
  /** Hangs up after so long; Infinity: waits for the answer. */
  readonly patienceMs: number
}

/** Uniform in [0, 1). Tommy Ettinger's mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Requests without end. Dealt from shuffled decks: however few a server gets to, the mix is the same. */
export function* expensiveRequests(seed: number): Generator<Expensive, never> {
  const random = randomFrom(seed)
  const dealt: Record<Kind, number> = { search: 0, statistics: 0, closing: 0 }
  for (let id = 0; ; ) {
    for (const kind of shuffled(KINDS.flatMap((kind) => Array<Kind>(MIX[kind]).fill(kind)))) {
      const [low, high] = PATIENCE_MS
      const patience = low * (high / low) ** random()
      const variant = dealt[kind]++ % VARIANTS
      yield { id, kind, variant, patienceMs: id % IMPATIENT === IMPATIENT - 1 ? patience : Infinity }
      id++
    }
  }

  function shuffled(deck: Kind[]): Kind[] {
    for (let i = deck.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1))
      const kept = deck[i]!
      deck[i] = deck[j]!
      deck[j] = kept
    }
    return deck
  }
}

/** The least value that is not below the share `q` of them (nearest rank); NaN of none. */
export function percentile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN
}

/** When an expensive request was worked on, in `now()` milliseconds. */
export interface Spell {
  readonly id: number
  readonly kind: Kind
  readonly begun: number
  readonly ended: number
}

/** How long each of these went on after its client had hung up; those that had not begun, or were done, left out. */
export function afterHangUp(spells: readonly Spell[], hangUps: ReadonlyMap<number, number>): Spell[] {
  return spells.flatMap((spell) => {
    const gone = hangUps.get(spell.id)
    return gone === undefined || spell.ended <= gone ? [] : [{ ...spell, begun: Math.max(gone, spell.begun) }]
  })
}

/** Milliseconds on the machine's monotonic clock, which all its processes share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
