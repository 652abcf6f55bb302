/** A task that computes in JavaScript and calls kernels, in turn. */
import { sort } from 'offloop'

/** `steps` steps, or as many as begin before `until` (milliseconds of Date.now()). Returns how many. */
export async function mixed(steps, until, numbers) {
  let done = 0
  for (; done < steps && Date.now() < until; done++) {
    let x = 1
    for (let i = 0; i < 2e6; i++) x = (x * 48271) % 2147483647
    numbers[0] = x
    await sort(numbers)
  }
  return done
}
