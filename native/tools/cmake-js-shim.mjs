#!/usr/bin/env node
// Stands where prebuildify expects node-gyp, and calls cmake-js with the toolchain of the target.
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { root } from './files.mjs'

const toolchain = process.env.OFFLOOP_TOOLCHAIN
if (!toolchain) throw new Error('cmake-js-shim.mjs is started by prebuild.mjs')
execFileSync(
  process.execPath,
  [
    ...[join(root, 'node_modules/cmake-js/bin/cmake-js'), 'rebuild', '--directory', process.cwd(), '--out', 'build'],
    ...['--parallel', String(availableParallelism()), `--CDCMAKE_TOOLCHAIN_FILE=${toolchain}`, '--CDOFFLOOP_UNITY=ON'],
  ],
  { stdio: 'inherit' },
)
