// Packs what npm would publish and looks at it: `npm run check:package`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finish, output, root } from './files.mjs'

const work = mkdtempSync(join(tmpdir(), 'offloop-pack-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
process.chdir(root)

const [packed] = JSON.parse(output('npm', 'pack', '--json', '--pack-destination', work))
const tarball = join(work, packed.filename)
const paths = packed.files.map((file) => file.path)

const complaints = []
if (packed.size >= 3e6) complaints.push(`the tarball has ${packed.size} bytes, the limit is 3 MB`)
for (const path of [
  ...['dist/index.js', 'dist/index.d.ts', 'dist/cli.js', 'prebuilds/linux-x64/offloop.glibc.node'],
  ...['LICENSE', 'NOTICE', 'README.md', 'CMakeLists.txt', 'native/addon.cpp'],
]) {
  if (!paths.includes(path)) complaints.push(`${path} is not in the tarball`)
}
for (const path of paths) {
  if (/^(test|build|\.ci|\.github)|binding\.gyp$/.test(path)) complaints.push(`${path} does not belong in the tarball`)
}
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) {
  if (hook in scripts) complaints.push(`a ${hook} script would run on the user's machine`)
}
const run = (bin, ...args) => execFileSync(join('node_modules/.bin', bin), args, { stdio: 'inherit' })
run('publint', 'run', tarball, '--strict')
run('attw', tarball, '--profile', 'esm-only')
finish(`check-package (${paths.length} files, ${(packed.size / 1e6).toFixed(2)} MB)`, complaints)
