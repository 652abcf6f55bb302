/** What `offloop help` prints: at most 80 columns. */
import { didYouMean, UsageError } from './arguments.js'

const MAIN = `Numeric kernels off the event loop, on every core.

Usage
  offloop <command> [flags]

Commands
  compare [kernels…]  native code against JavaScript on this machine: time,
                      speed-up, agreement, event loop delay
  landscape           await, threads, processes, JavaScript and native code on
                      a job that waits and one that computes, and a picture
  trace script.js     runs a script, and writes a trace of what offloop does
  info                engine and why, instruction set, threads, version
  help [command]      this text, or a command's

Flags
  -h, --help          help on a command
  -v, --version       the version

Examples
  npx offloop compare
  npx offloop compare sort topK --size 1e5
  npx offloop landscape --svg landscape.svg
  npx offloop trace server.js
`

const COMPARE = `Measures kernels against their JavaScript twins, in turns, and compares results.

Usage
  offloop compare [kernels…] [flags]   all kernels unless some are named;
                                       more than six get one line each

Flags
  --size <n>        elements of the arguments (1e6)
  --dtype <type>    element type: f64, f32, i32, … (each kernel's first)
  --threads <list>  thread counts of native code, such as 1,2 (1 and all)
  --sizes           over sizes from 1 to 1e7: where native .sync overtakes the
                    twin, and how good the kernel's estimate of its work is
  --seconds <s>     time to spend in all (20)
  --json            one line of JSON per kernel, nothing else on stdout

Columns
  speed-up          over the twin: the median of one ratio per round
  loop delay        how late the event loop was while that row ran, beyond 99 %
                    of an idle loop's ticks: JavaScript blocks it

Ctrl-C stops and prints what was measured.
Exit code: 0; 1 if results disagree or a kernel fails; 2 for a wrong command
line or a size without memory; 130 after Ctrl-C.
`

const LANDSCAPE = `Does two jobs in six ways each, in turns: one by one and all at once with await,
on worker threads, in processes, with a kernel's JavaScript twin, and natively.

Usage
  offloop landscape [flags]

Flags
  --size <n>        vectors that the computing job searches (10000)
  --seconds <s>     time to spend in all (10)
  --svg <file>      also writes the picture there
  --quick           smaller jobs, about 1 s
  --json            one line of JSON, nothing else on stdout

Jobs
  waiting           requests over loopback sockets to a slow server of its own,
                    and the mean of each answer
  computing         exact nearest neighbours by squared distance, in parts

Picture
  to the right      doing more at once: speed-up of the waiting job
  upwards           doing it faster: speed-up of the computing job
                    both over plain await, one by one; scales are logarithmic

Ctrl-C stops and prints what was measured.
Exit code: 0; 1 if results disagree or a job fails; 2 for a wrong command line;
130 after Ctrl-C.
`

const TRACE = `Runs a script as node would, and writes a trace of what offloop does in it:
scopes and calls, workers, threads with their grains, the event loop's delay.

Usage
  offloop trace [flags] script.js [the script's arguments]

Flags
  --out <file>      the trace, in Chrome's format (trace.json)
  --picture <file>  also a picture of it, an SVG

Open the trace in https://ui.perfetto.dev or chrome://tracing. A table of
kernels and tasks goes to stderr. Flags for Node go into NODE_OPTIONS.

It is written however the script ends; a signal that the script does not handle
may cost its last 50 ms. Only the main thread's calls are recorded; of kernels
called in worker threads, the grains. At most 500,000 steps of calls and as
many grains are kept, and what is left out is counted.

Exit code: the script's; the third Ctrl-C kills it. 2 for a wrong command line.
`

const INFO = `What offloop runs on here: engine and why, instruction set, threads, version.

Usage
  offloop info [flags]

Flags
  --json           one line of JSON

Environment
  OFFLOOP_ENGINE   js or native: forces one
  OFFLOOP_THREADS  threads that run kernels
  OFFLOOP_ISA      an instruction set below the best
`

const PAGES: Readonly<Record<string, string>> = {
  compare: COMPARE,
  landscape: LANDSCAPE,
  trace: TRACE,
  info: INFO,
  help: MAIN,
}

export function helpOn(command: string | undefined): string {
  if (command === undefined) return MAIN
  if (Object.hasOwn(PAGES, command)) return PAGES[command]!
  throw new UsageError(`Unknown command '${command}'${didYouMean(command, Object.keys(PAGES))}`)
}
