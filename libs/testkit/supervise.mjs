// Runs one server for tests and ends it when the process that wanted it is gone, however that happened (kill -9 too).
// node supervise.mjs WATCHED_PID LOG_FILE COMMAND ARGS...
import { spawn } from 'node:child_process';
import { openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { clearInterval, setInterval } from 'node:timers';

const [watched, logFile, command, ...args] = process.argv.slice(2);
const log = openSync(logFile, 'a');
const server = spawn(command, args, { stdio: ['ignore', log, log] });
const watch = setInterval(() => {
  try {
    process.kill(Number(watched), 0);
  } catch {
    // Nobody is left to tidy up.
    server.once('exit', () => rmSync(dirname(logFile), { recursive: true, force: true }));
    server.kill('SIGKILL');
  }
}, 500);

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => server.kill('SIGKILL'));
server.on('error', () => process.exit(1));
server.on('exit', (code) => {
  clearInterval(watch);
  process.exit(code ?? 0);
});
