/** The laws of test/laws.ts, for the other half of the registry. */
import { laws } from './laws.js'

laws(1, 2)
