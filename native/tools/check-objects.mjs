// Looks into the kernel objects of a build: `node native/tools/check-objects.mjs [build]`.
//
// An object compiled for AVX2 must not offer anything that baseline code could be linked to, nor run
// anything at load. Both have happened: baseline code picked up an AVX2 copy of std::sort, and a dynamic
// initialiser in an AVX2 object killed a plain machine while it loaded the addon.
import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { finish, output, root } from './files.mjs'

const highway = { sse4: 'N_SSE4', avx2: 'N_AVX2', avx512: 'N_AVX3', neon: 'N_NEON' }
const build = resolve(root, process.argv[2] ?? 'build')

const complaints = []
let count = 0
for (const entry of readdirSync(join(build, 'CMakeFiles'), { withFileTypes: true })) {
  const isa = /^offloop_kernels_(\w+)\.dir$/.exec(entry.name)?.[1]
  if (!isa) continue
  const space = highway[isa]
  if (!space) complaints.push(`no Highway namespace is known for ${isa}`)
  const folder = join(build, 'CMakeFiles', entry.name, 'native/kernels')
  for (const name of readdirSync(folder).filter((file) => /\.o(bj)?$/.test(file))) {
    count++
    const object = join(folder, name)
    const kernel = basename(name).replace(/\.cpp\.o(bj)?$/, '')
    const complain = (text) => complaints.push(`${isa}/${kernel}: ${text}`)
    const table = `_ZN7offloop${isa.length}${isa}${`${kernel}_table`.length}${kernel}_tableE`
    // Highway's names say the instruction set, and so does what is made of our matrix products: nothing else is linked
    // to them.
    const allowed = new RegExp(`^_ZZ?NK?(3hwy${space?.length}${space}|.*(7offloop|S_)${isa.length}${isa}4gemm)`)
    const defined = output('nm', '--extern-only', '--defined-only', '--format=posix', object)
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' ')[0])
    if (!defined.includes(table)) complain(`does not define ${kernel}_table`)
    for (const symbol of defined) {
      if (symbol !== table && !allowed.test(symbol)) complain(`defines ${output('c++filt', symbol).trim()}`)
    }
    for (const [section] of output('readelf', '-SW', object).matchAll(/\.(init_array|ctors|preinit_array)\S*/g)) {
      complain(`runs code at load (${section})`)
    }
  }
}
if (count === 0) complaints.push(`no kernel objects in ${build}: run "npm run build" first`)
finish(`check-objects (${count} objects)`, complaints)
