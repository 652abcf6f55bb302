/** What importing the package costs a process. */
import { execFileSync } from 'node:child_process'
import type { Bench, Row } from './common.js'

const INDEX = new URL('../../dist/index.js', import.meta.url).href

export async function benchImport(bench: Bench): Promise<Row[]> {
  const script = `const begun = performance.now(); await import('${INDEX}'); console.log(performance.now() - begun)`
  const once = () => Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script]))
  const times = await bench.interleave("import('offloop')", [{ name: 'import', run: once }])
  return [{ name: "import('offloop')", values: times.get('import')!, unit: 'ms', bar: { atMost: 30 } }]
}
