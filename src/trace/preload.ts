/**
 * What `offloop trace` has Node import before the script. Workers and processes that the script starts may import it,
 * too: there it does nothing.
 */
const file = process.env.OFFLOOP_TRACE_FILE
if (file !== undefined) {
  delete process.env.OFFLOOP_TRACE_FILE
  // Processes that the script forks inherit these flags.
  const at = process.execArgv.findIndex((flag, i, flags) => flag === '--import' && flags[i + 1] === import.meta.url)
  if (at >= 0) process.execArgv.splice(at, 2)
  const { record } = await import('./record.js')
  record(file)
}

// A module, for await.
export {}
