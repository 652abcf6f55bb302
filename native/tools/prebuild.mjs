// Makes the binaries that users load, with the pinned zig.
//
//   npm run prebuild                    prebuilds/linux-x64/offloop.glibc.node, committed
//   npm run prebuild -- --check         rebuilds it elsewhere and compares it byte for byte
//   npm run prebuild -- --compile       compiles for the six other targets, or those named, without linking
//   npm run prebuild -- --out DIR TARGET…   those targets into DIR/prebuilds
//
// The sources are copied to a temporary folder first: prebuildify works in (and moves things
// out of) build/, which belongs to the developer, and the bytes must not depend on a path.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { binaryComplaints } from './check-binary.mjs'
import { finish, root } from './files.mjs'
import { fetchZig, targets, writeToolchain, zigEnvironment } from './zig.mjs'

const committed = 'linux-x64-glibc'
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, compile: { type: 'boolean' }, out: { type: 'string' } },
})
for (const name of positionals) {
  if (!(name in targets)) throw new Error(`Unknown target ${name}; there are ${Object.keys(targets).join(', ')}`)
}

const work = mkdtempSync(join(tmpdir(), 'offloop-prebuild-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

const kernelsCompiled = new Set([committed.split('-')[1]])

/**
 * That our code compiles for a target, without its C++ library to link with. What depends on the system is the core, so
 * kernels are compiled once for each processor: quickly, and by the first target that has it (not for that of the
 * committed binary, whose build does).
 */
function compile(target) {
  const processor = target.split('-')[1]
  const all = !kernelsCompiled.has(processor)
  kernelsCompiled.add(processor)
  console.log(`compile: ${target}${all ? ', with kernels' : ''}`)
  const folder = join(work, target)
  const toolchain = writeToolchain(fetchZig(), target, join(work, `${target}-zig`), false)
  const options = [`CMAKE_TOOLCHAIN_FILE=${toolchain}`, 'OFFLOOP_UNITY=ON', 'OFFLOOP_OPTIMIZE=-O1']
  const settings = { env: { ...process.env, ...zigEnvironment }, stdio: ['ignore', 'ignore', 'inherit'] }
  execFileSync('cmake', ['-G', 'Ninja', '-S', root, '-B', folder, ...options.map((o) => `-D${o}`)], settings)
  const part = all ? [] : ['--target', 'offloop_core']
  execFileSync('cmake', ['--build', folder, '--parallel', String(availableParallelism()), ...part], settings)
  rmSync(folder, { recursive: true, force: true })
}

/** Builds one target below `out` and returns the file's path and what is wrong with it. */
function build(target, out) {
  console.log(`prebuild: ${target}`)
  const [platform, arch, libc] = target.split('-')
  const stage = join(work, target)
  for (const part of ['native', 'CMakeLists.txt', 'package.json']) {
    cpSync(join(root, part), join(stage, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(stage, 'node_modules'))
  const toolchain = writeToolchain(fetchZig(), target, join(work, `${target}-zig`))
  const tags = libc ? ['--tag-libc', libc, '--libc', libc] : []
  execFileSync(
    process.execPath,
    [
      ...[join(root, 'node_modules/prebuildify/bin.js'), '--napi', '--cwd', stage, '--out', out, '--name', 'offloop'],
      ...['--platform', platform, '--arch', arch, ...tags, '--node-gyp', join(root, 'native/tools/cmake-js-shim.mjs')],
      // The name of a target is only for node-gyp's headers: a Node-API binary has none.
      ...['--target', process.versions.node],
    ],
    { stdio: 'inherit', env: { ...process.env, ...zigEnvironment, OFFLOOP_TOOLCHAIN: toolchain } },
  )
  rmSync(stage, { recursive: true, force: true })
  const file = join(out, 'prebuilds', `${platform}-${arch}`, libc ? `offloop.${libc}.node` : 'offloop.node')
  return { file, complaints: binaryComplaints(file, target) }
}

if (flags.check) {
  const made = build(committed, work)
  const kept = join(root, 'prebuilds/linux-x64/offloop.glibc.node')
  const complaints = [...made.complaints, ...binaryComplaints(kept, committed)]
  const same = complaints.length === 0 && readFileSync(made.file).equals(readFileSync(kept))
  if (!same) complaints.push('prebuilds/ is not what these sources give: run "npm run prebuild" and commit the result')
  finish('prebuild --check', complaints)
} else if (flags.compile) {
  const others = Object.keys(targets).filter((target) => target !== committed)
  for (const target of positionals.length > 0 ? positionals : others) compile(target)
} else {
  const chosen = positionals.length > 0 ? positionals : [committed]
  finish(
    'prebuild',
    chosen.flatMap((target) => build(target, flags.out ?? root).complaints),
  )
}
