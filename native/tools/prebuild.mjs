// Makes the binaries that users load, with the pinned zig.
//
//   npm run prebuild                    prebuilds/linux-x64/offloop.glibc.node, committed
//   npm run prebuild -- --check         rebuilds it elsewhere and compares it byte for byte
//   npm run prebuild -- --other-targets builds the six other targets, or those named, and throws them away
//   npm run prebuild -- --out DIR TARGET…   those targets into DIR/prebuilds
//
// The sources are copied to a temporary folder first: prebuildify works in (and moves things
// out of) build/, which belongs to the developer, and the bytes must not depend on a path.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { binaryComplaints } from './check-binary.mjs'
import { finish, root } from './files.mjs'
import { fetchZig, targets, writeToolchain, zigEnvironment } from './zig.mjs'

const committed = 'linux-x64-glibc'
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' }, 'other-targets': { type: 'boolean' }, out: { type: 'string' } },
})
for (const name of positionals) {
  if (!(name in targets)) throw new Error(`Unknown target ${name}; there are ${Object.keys(targets).join(', ')}`)
}

const work = mkdtempSync(join(tmpdir(), 'offloop-prebuild-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

/** What nobody runs is built to see that it builds: quickly, and for one instruction set. */
function thrownAway(arch) {
  if (!flags['other-targets']) return {}
  return { OFFLOOP_OPTIMIZE: '-O1', ...(arch === 'x64' ? { OFFLOOP_LEVELS: 'sse4' } : {}) }
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
    { stdio: 'inherit', env: { ...process.env, ...zigEnvironment, OFFLOOP_TOOLCHAIN: toolchain, ...thrownAway(arch) } },
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
} else {
  const others = () => Object.keys(targets).filter((target) => target !== committed)
  const chosen = positionals.length > 0 ? positionals : flags['other-targets'] ? others() : [committed]
  const out = flags['other-targets'] ? work : (flags.out ?? root)
  finish(
    'prebuild',
    chosen.flatMap((target) => build(target, out).complaints),
  )
}
