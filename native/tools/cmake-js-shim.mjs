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
    // What is thrown away only has to compile and link.
    ...(process.env.OFFLOOP_LEVELS ? [`--CDOFFLOOP_LEVELS=${process.env.OFFLOOP_LEVELS}`] : []),
    ...(process.env.OFFLOOP_OPTIMIZE ? [`--CDOFFLOOP_OPTIMIZE=${process.env.OFFLOOP_OPTIMIZE}`] : []),
  ],
  { stdio: 'inherit' },
)
