/** The file of a recording, read back. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Head, JobStep, Line, Recording, ScopeStep, Tail, TaskStep } from './types.js'

/** Undefined if the program never got as far as its first line. */
export async function readRecording(file: string): Promise<Recording | undefined> {
  let head: Head | undefined
  let tail: Tail | undefined
  const jobs: JobStep[] = []
  const tasks: TaskStep[] = []
  const scopes: ScopeStep[] = []
  const grains: number[] = []
  const names = new Map<number, string>()
  const late: { due: number; ms: number }[] = []
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    const line = parsed(text)
    switch (line?.[0]) {
      case 'head':
        head = line[1]
        break
      case 'tail':
        tail = line[1]
        break
      case 'job':
        jobs.push(line[1])
        break
      case 'task':
        tasks.push(line[1])
        break
      case 'scope':
        scopes.push(line[1])
        break
      case 'grains':
        for (const number of line[1]) grains.push(number)
        break
      case 'name':
        names.set(line[1], line[2])
        break
      case 'late':
        late.push({ due: line[1], ms: line[2] })
    }
  }
  if (head === undefined) return undefined
  tail ??= { time: head.begin, droppedSteps: 0, droppedGrains: 0 }
  return { head, tail, jobs, tasks, scopes, grains, names, late }
}

/** A program that was killed while it wrote leaves half a line. */
function parsed(text: string): Line | undefined {
  try {
    return JSON.parse(text) as Line
  } catch {
    return undefined
  }
}
