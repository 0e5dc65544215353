import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const program = join(here, '..', '..', 'apps', 'cli', 'dist', 'main.js');
const startMs = 60_000;

const anyPort = Object.fromEntries(
  ['GATEWAY', 'QUERY', 'OTLP', 'ASSEMBLER', 'EXPORTER'].map((name) => [`KAIZEN_${name}_PORT`, '0']),
);

/** What a service has no reason to say, whatever it was sent: errors, and warnings of Node itself. */
const isComplaint = (line) => {
  if (!line.startsWith('{'))
    return /warning|error/i.test(line) && !/ExperimentalWarning|--trace-warnings/.test(line);
  try {
    return ['error', 'fatal'].includes(JSON.parse(line).level);
  } catch {
    return true;
  }
};

/**
 * Starts the whole pipeline in a process of its own, in `folder`, so that its memory can be looked at. Real services on
 * real ports; nothing in them knows that it is a fuzz.
 */
export const startServices = async ({ folder, settings, fault = '' }) => {
  const preloaded = ['look.mjs', ...(fault === '' ? [] : ['faults.mjs'])];
  const imports = preloaded.flatMap((file) => ['--import', join(here, file)]);
  const child = spawn(
    process.execPath,
    ['--expose-gc', ...imports, '--max-semi-space-size=32', program, 'up'],
    {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        ...anyPort,
        KAIZEN_DATA_DIR: join(folder, 'data'),
        KAIZEN_LOG_LEVEL: 'warn',
        // Up to sixteen arenas of the C library keep what was freed in them, each some tens of MiB: that would look like growth.
        MALLOC_ARENA_MAX: '2',
        // Short, so that slow requests are cut while it runs.
        KAIZEN_REQUEST_TIMEOUT: '10s',
        KAIZEN_FUZZ_FAULT: fault,
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let said = '';
  let rest = '';
  let ended;
  const complaints = [];
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop().slice(-100_000);
    for (const line of lines) if (isComplaint(line)) complaints.push(line.slice(0, 1_000));
  });
  const gone = new AbortController();
  child.on('exit', (code, signal) => {
    ended = signal ?? code;
    gone.abort();
  });
  const began = Date.now();
  while (!/ {2}spans +\S+/.test(said)) {
    if (ended !== undefined || Date.now() - began > startMs)
      throw new Error(`the services did not start: ${said}\n${rest}\n${complaints.join('\n')}`);
    await sleep(100);
  }
  const addressOf = (name) => new RegExp(` {2}${name} +(?:http://)?\\S+?:(\\d+)`).exec(said)[1];
  return {
    gateway: `http://127.0.0.1:${addressOf('events')}`,
    query: `http://127.0.0.1:${addressOf('traces')}`,
    otlpPort: Number(addressOf('spans')),
    complaints,
    /** Undefined while they run; else their exit code or signal. */
    ended: () => ended,
    /** What they hold after a collection, in bytes. The trace store runs on a thread of its own. */
    look: async () => {
      const seen = once(child, 'message', {
        signal: AbortSignal.any([gone.signal, AbortSignal.timeout(60_000)]),
      });
      child.send({ type: 'look', otherThreads: 1 });
      const [answer] = await seen.catch(() => []);
      return answer?.memory;
    },
    stop: async () => {
      if (ended === undefined) {
        child.kill('SIGTERM');
        await Promise.race([new Promise((resolve) => child.once('exit', resolve)), sleep(60_000)]);
      }
      if (ended === undefined) child.kill('SIGKILL');
      return ended ?? 'late';
    },
  };
};
