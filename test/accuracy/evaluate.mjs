/**
 * One function of files: node evaluate.mjs <name> <f64|f32> <exact|fast> <operand files…> <result file>;
 * node evaluate.mjs isa: the instruction set that runs.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import * as offloop from '../../dist/index.js'

const [name, dtype, precision, ...paths] = process.argv.slice(2)
if (name === 'isa') {
  console.log(offloop.info().isa)
} else {
  const Kind = dtype === 'f32' ? Float32Array : Float64Array
  const operands = paths.slice(0, -1).map((path) => new Kind(new Uint8Array(readFileSync(path)).buffer))
  const kernel = new Map(Object.entries(offloop)).get(name)
  writeFileSync(paths.at(-1), new Uint8Array(kernel.sync(...operands, { precision }).buffer))
}
