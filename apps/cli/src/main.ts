import { runCli } from './program.js';
import { exitCodes } from './terminal/io.js';

const interrupt = new AbortController();

/** The first signal lets the command end in order; the second ends it. */
const stop = (): void => {
  if (interrupt.signal.aborted) process.exit(exitCodes.interrupted);
  interrupt.abort();
};

process.on('SIGINT', stop);
process.on('SIGTERM', stop);
// The terminal has been closed.
process.on('SIGHUP', stop);
// A reader that has seen enough, such as `head`, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// One that has gone leaves nobody to tell.
process.stderr.on('error', () => undefined);

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
});
