/** What tinypool runs in the benchmark of tasks. */
export default ({ a, b }) => a + b
