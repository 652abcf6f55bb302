// Looks at a built addon from outside: machine, size, and (ELF) what it needs and shows.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { output } from './files.mjs'

const machines = {
  'elf-x64': 0x3e,
  'elf-arm64': 0xb7,
  'macho-x64': 0x01000007,
  'macho-arm64': 0x0100000c,
  'pe-x64': 0x8664,
}

/** "elf-x64", "macho-arm64", … read from the file's header. */
function machineOf(bytes) {
  let found = ['unknown', 0]
  if (bytes.readUInt32BE(0) === 0x7f454c46) found = ['elf', bytes.readUInt16LE(18)]
  else if (bytes.readUInt32LE(0) === 0xfeedfacf) found = ['macho', bytes.readUInt32LE(4)]
  else if (bytes.toString('latin1', 0, 2) === 'MZ') found = ['pe', bytes.readUInt16LE(bytes.readUInt32LE(0x3c) + 4)]
  const [format, number] = found
  return (
    Object.keys(machines).find((name) => name.startsWith(format) && machines[name] === number) ?? `${format} ${number}`
  )
}

const formats = { linux: 'elf', darwin: 'macho', win32: 'pe' }
const newestGlibc = [2, 28]

/** What is wrong with `file` as a prebuilt binary of `target` (as in zig.mjs). */
export function binaryComplaints(file, target) {
  if (!existsSync(file)) return [`${file} is missing`]
  const [platform, arch, libc] = target.split('-')
  const complaints = []
  const complain = (text) => complaints.push(`${target} ${basename(file)}: ${text}`)

  // prebuildify puts an x86-64 file into linux-arm64/ without a word if the toolchain is ignored.
  const machine = machineOf(readFileSync(file))
  if (machine !== `${formats[platform]}-${arch}`) complain(`is ${machine}`)
  const size = statSync(file).size
  // What CI throws away is compiled in haste, without its size in mind.
  const limit = target === 'linux-x64-glibc' ? 3e6 : 3.9e6
  if (size >= limit) complain(`has ${size} bytes, the limit is ${limit / 1e6} MB`)
  if (platform !== 'linux') return complaints

  const dynamic = output('readelf', '-dW', file)
  const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1])
  for (const library of needed) {
    if (!/^(libc|libm|libpthread)\.so(\.\d)?$|^ld-linux-[\w-]+\.so\.\d$/.test(library)) complain(`needs ${library}`)
  }
  if (!/FLAGS_1.*NODELETE/.test(dynamic)) complain('can be unloaded under its running threads: -z nodelete is missing')

  const symbols = output('readelf', '--dyn-syms', '-W', file)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
  const shown = symbols
    .filter((s) => s.length >= 8 && /GLOBAL|WEAK|UNIQUE/.test(s[4]) && s[6] !== 'UND')
    .map((s) => s[7])
  if (shown.length === 0 || shown.length > 4)
    complain(`exports ${shown.length} symbols: ${shown.slice(0, 9).join(' ')}`)
  // What is undefined must be Node's or a named library's; -z defs cannot say so at link time.
  for (const s of symbols.filter((s) => s.length >= 8 && s[4] === 'GLOBAL' && s[6] === 'UND')) {
    if (!/^(napi|node_api)_/.test(s[7]) && !(libc === 'musl' || s[7].includes('@'))) complain(`lacks ${s[7]}`)
  }
  if (libc === 'glibc') {
    for (const [, name, major, minor] of output('readelf', '-VW', file).matchAll(/(GLIBC_(\d+)\.(\d+))/g)) {
      if (major > newestGlibc[0] || (+major === newestGlibc[0] && minor > newestGlibc[1])) complain(`wants ${name}`)
    }
  }
  return [...new Set(complaints)]
}
