// Writes dist/*.js: the entries, and what they share in dist/parts. Loading a module file costs about a millisecond,
// so that a file for each kernel would make importing one of them slow.
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
process.chdir(root)
rmSync('dist/parts', { recursive: true, force: true })
await build({
  entryPoints: [
    'src/index.ts',
    'src/cli.ts',
    'src/worker.ts',
    'src/compare/index.ts',
    'src/landscape/index.ts',
    'src/landscape/worker.ts',
    'src/landscape/sync-worker.ts',
    'src/trace/preload.ts',
    'src/internal.ts',
  ],
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  // engine/js-mode.ts knows this name.
  chunkNames: 'parts/offloop-[hash]',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
})
