/**
 * A recording seen: its spectrogram in the terminal and as PNG, the transforms beside plain JavaScript.
 *
 *   npm run demo:sound                      a guitar's chord (Freesound 46992, CC0), of an npm package
 *   npm run demo:sound -- sound.flac        your own recording
 *   npm run demo:sound -- --quick           fewer columns: for CI
 *   npm run --silent demo:sound -- --json   one line for machines
 *
 * Exit code 0: the transforms agree; 1: they do not; 2: no recording, or an unknown flag.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { FLACDecoder } from '@wasm-audio-decoders/flac'
import { info, type Matrix, matrix, rfft } from 'offloop'
import { encodePng, type Picture } from './png.js'
import { colour, plain, utf8 } from './terminal.js'

const PACKAGE = 'supersonic-scsynth-samples'
const RECORDING = 'samples/guit_em9.flac'
const FLAGS = ['--quick', '--json']
const WINDOW = 4096
const [LOWEST, HIGHEST] = [55, 14_080] // Hz: from A1, eight octaves
const RANGE = 75 // decibels below the loudest that are drawn
const ROUNDS = 5

/** Every column of the picture: a window of samples under a Hann window. */
function windows(samples: Float32Array, columns: number): Matrix<Float32Array<ArrayBuffer>> {
  const data = new Float32Array(columns * WINDOW)
  const hann = Float32Array.from({ length: WINDOW }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW))
  for (let column = 0; column < columns; column++) {
    const first = Math.round((column * (samples.length - 1)) / Math.max(1, columns - 1)) - WINDOW / 2
    for (let i = 0; i < WINDOW; i++) data[column * WINDOW + i] = hann[i]! * (samples[first + i] ?? 0)
  }
  return matrix(data, columns, WINDOW)
}

/** Loudness from 0 to 1: rows of frequencies on a logarithmic scale, the highest first, by columns of time. */
function loudness({ data, shape: [columns] }: Matrix<Float32Array>, rate: number, rows: number): Float32Array {
  const bins = WINDOW / 2 + 1
  const power = new Float32Array(columns! * bins)
  for (let i = 0; i < power.length; i++) power[i] = data[2 * i]! ** 2 + data[2 * i + 1]! ** 2
  const most = power.reduce((a, b) => Math.max(a, b))
  const at = (row: number) => ((LOWEST * (HIGHEST / LOWEST) ** (1 - row / rows)) / rate) * WINDOW
  const out = new Float32Array(rows * columns!)
  for (let row = 0; row < rows; row++) {
    const [low, high] = [at(row + 1), at(row)]
    for (let column = 0; column < columns!; column++) {
      const from = column * bins
      // The loudest bin of the row; where rows are narrower than bins, what lies between two.
      let value = 0
      for (let bin = Math.ceil(low); bin <= high && bin < bins; bin++) value = Math.max(value, power[from + bin]!)
      if (Math.ceil(low) > high) {
        const below = Math.floor(low)
        value = power[from + below]! + (low - below) * (power[from + below + 1]! - power[from + below]!)
      }
      out[row * columns! + column] = Math.max(0, 1 + (10 * Math.log10(value / most + 1e-30)) / RANGE)
    }
  }
  return out
}

// From night over violet and red to a light yellow.
const STOPS = [0x06040f, 0x2a1160, 0x721f81, 0xc43c6e, 0xf5774f, 0xfdc66b, 0xfcfdbf]

function tint(value: number): [number, number, number] {
  const at = Math.min(0.9999, value) * (STOPS.length - 1)
  const [a, b] = [STOPS[Math.floor(at)]!, STOPS[Math.floor(at) + 1]!]
  const mix = (shift: number) => {
    const [x, y] = [(a >> shift) & 255, (b >> shift) & 255]
    return Math.round(x + (at % 1) * (y - x))
  }
  return [mix(16), mix(8), mix(0)]
}

function picture(values: Float32Array, rows: number, columns: number): Picture {
  const data = new Uint8Array(rows * columns * 3)
  values.forEach((value, i) => {
    data.set(tint(value), 3 * i)
  })
  return { data, shape: [rows, columns, 3] }
}

const SHADES = ' .:-=+*#%@'

/** Lines of 76 characters: two rows in each where there are colours. */
function drawn(values: Float32Array, rows: number, columns: number, coloured: boolean): string[] {
  const wide = 76
  const halves = coloured && utf8
  const high = halves ? 48 : 24
  const cell = (row: number, col: number) => {
    let most = 0
    for (let i = Math.floor((row * rows) / high); i < ((row + 1) * rows) / high; i++) {
      for (let j = Math.floor((col * columns) / wide); j < ((col + 1) * columns) / wide; j++) {
        most = Math.max(most, values[i * columns + j]!)
      }
    }
    return most
  }
  return Array.from({ length: 24 }, (_, row) => {
    let line = ''
    for (let col = 0; col < wide; col++) {
      if (halves) {
        const [a, b] = [tint(cell(2 * row, col)), tint(cell(2 * row + 1, col))]
        line += `\x1b[38;2;${a.join(';')};48;2;${b.join(';')}m▀`
      } else line += SHADES[Math.min(SHADES.length - 1, Math.floor(cell(row, col) ** 2 * SHADES.length))]
    }
    return halves ? `${line}\x1b[0m` : line.trimEnd()
  })
}

interface Sound {
  readonly channels: readonly Float32Array[]
  readonly rate: number
}

async function decode(flac: Uint8Array): Promise<Sound> {
  const decoder = new FLACDecoder()
  await decoder.ready
  const { channelData, sampleRate, errors } = await decoder.decodeFile(flac)
  decoder.free()
  if (errors.length > 0 || channelData.length === 0) throw new Error(errors[0]?.message ?? 'no FLAC in the file')
  return { channels: channelData, rate: sampleRate }
}

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!

async function main(path: string | undefined, flags: ReadonlySet<string>): Promise<number> {
  let sound: Sound
  let name = path
  try {
    name ??= createRequire(import.meta.url).resolve(`${PACKAGE}/${RECORDING}`)
    sound = await decode(readFileSync(name))
  } catch (error) {
    console.error(`No recording: ${(error as Error).message.split('\n')[0]}`)
    if (path === undefined) console.error(`(npm install --no-save ${PACKAGE}, or name a FLAC file)`)
    return 2
  }
  const { channels, rate } = sound
  const scale = 1 / channels.length
  const samples = Float32Array.from(channels[0]!, (_, i) => scale * channels.reduce((sum, all) => sum + all[i]!, 0))
  const columns = flags.has('--quick') ? 400 : 1600
  const rows = flags.has('--quick') ? 256 : 768
  const x = windows(samples, columns)

  const times: [number[], number[]] = [[], []]
  let ours = rfft.js(x)
  const theirs = rfft.js(x)
  for (let round = 0; round < ROUNDS; round++) {
    let begun = performance.now()
    ours = await rfft(x)
    times[0].push(performance.now() - begun)
    begun = performance.now()
    rfft.js(x)
    times[1].push(performance.now() - begun)
  }
  let [apart, all] = [0, 0]
  theirs.data.forEach((value, i) => {
    apart += (value - ours.data[i]!) ** 2
    all += value ** 2
  })
  const error = Math.sqrt(apart / all)
  const agree = error <= 3 * 2 ** -23 * Math.log2(WINDOW)
  const values = loudness(ours, rate, rows)
  const [native, js] = times.map(median) as [number, number]
  const seconds = samples.length / rate
  if (flags.has('--json')) {
    const rounded = (value: number) => Number(value.toPrecision(5))
    const line = { seconds: rounded(seconds), transforms: columns, ms: rounded(native), jsMs: rounded(js) }
    console.log(JSON.stringify({ ...line, error: rounded(error), engine: info().engine }))
    return agree ? 0 : 1
  }
  const file = join(tmpdir(), 'offloop-demo-sound.png')
  writeFileSync(file, encodePng(picture(values, rows, columns)))
  const { version, engine, isa, threads } = info()
  const coloured = process.stdout.isTTY === true && !process.env.NO_COLOR
  const lines = [
    `A spectrogram · offloop ${version}`,
    '',
    `  ${basename(name)}: ${seconds.toFixed(1)} s, ${rate} Hz; ${LOWEST} Hz below, ${HIGHEST} Hz above, eight octaves`,
    '',
    ...drawn(values, rows, columns, coloured).map((line) => `  ${line}`),
    '',
    `  ${columns} transforms of ${WINDOW} samples, each under a Hann window, median of ${ROUNDS}:`,
    `  rfft         ${native.toFixed(1).padStart(8)} ms   ${engine} (${isa}), ${threads} threads`,
    `  rfft.js      ${js.toFixed(1).padStart(8)} ms   ${(js / native).toFixed(1)} ×; they differ by ${error.toExponential(1)}   ${agree ? colour('green', '✓') : colour('red', 'WRONG')}`,
    '',
    `  All of it: ${file}`,
  ]
  for (const line of lines) console.log(plain(line))
  return agree ? 0 : 1
}

const words = process.argv.slice(2)
const unknown = words.find((word) => word.startsWith('-') && !FLAGS.includes(word))
if (unknown !== undefined) {
  console.error(`Expected only ${FLAGS.join(', ')} but received ${unknown}`)
  process.exitCode = 2
} else {
  const path = words.find((word) => !word.startsWith('-'))
  process.exitCode = await main(path, new Set(words))
}
