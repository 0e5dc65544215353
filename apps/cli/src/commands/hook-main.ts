/**
 * `kaizen-trace hook claude-code [--verbose]` by itself, without the rest of the program: an agent waits for it at each of
 * its steps. Ends with 0 whatever happens.
 */
import { runHook } from './hook-run.js';

const isVerbose = process.argv.includes('--verbose');

await runHook({
  env: process.env,
  stdin: process.stdin,
  note(text) {
    if (isVerbose) process.stderr.write(`kaizen-trace hook: ${text}\n`);
  },
});
// Whatever is open still must not keep the agent waiting.
process.exit(0);
