// clang-format over all C++: checks, or rewrites with --write. The version is fixed, since they disagree.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './files.mjs'

const files = ['native', 'test/native'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(h|cpp)$/.test(name))
    .map((name) => join(folder, name)),
)
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror']
execFileSync('clang-format-19', [...mode, ...files], { cwd: root, stdio: 'inherit' })
