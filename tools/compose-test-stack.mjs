/** The stack of one run of the compose test: its name, its ports, and `docker compose` for it, all within one time limit. */
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const limitMs = 9 * 60_000;
const deadline = Date.now() + limitMs;

export const say = (text) => console.error(`compose [${Math.round(performance.now() / 1_000)} s]: ${text}`);

/** Ends the run as one that this machine cannot make. */
export const leftOut = (why) => {
  say(`left out: ${why}`);
  process.exit(3);
};

const portNames = [
  'GATEWAY',
  'KAFKA',
  'JAEGER_UI',
  'OTLP_GRPC',
  'OTLP_HTTP',
  'PROMETHEUS',
  'GRAFANA',
  'CONSOLE',
];
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Ports of loopback that nobody else has, by the names that docker-compose.yml gives them. */
export const ports = {};
for (const name of portNames) ports[name] = await freePort();

/** Of what the run starts. Keys and profiles that are set here would be another stack's. */
export const env = { ...process.env };
for (const name of Object.keys(env)) if (/^(COMPOSE|KAIZEN|KAFKA)_(?!IMAGE$)/.test(name)) delete env[name];
for (const [name, port] of Object.entries(ports)) env[`${name}_PORT`] = String(port);

export const project = `kaizen-test-${process.pid}`;

/** Runs docker to its end: at most as long as the whole run has left, or `seconds`. */
export const docker = (args, { quiet = true, seconds } = {}) => {
  const timeout = seconds === undefined ? Math.max(1_000, deadline - Date.now()) : seconds * 1_000;
  const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
  const options = { cwd: root, env, stdio, encoding: 'utf8', timeout, maxBuffer: 1 << 26 };
  const { status, stdout, stderr, error } = spawnSync('docker', args, options);
  const late = error?.code === 'ETIMEDOUT' ? `${args.slice(0, 6).join(' ')} … took too long` : undefined;
  return { ok: status === 0, status, out: stdout ?? '', err: late ?? error?.message ?? stderr ?? '' };
};

export const compose = (args, how) => docker(['compose', '-p', project, ...args], how);

/** @throws Error with the end of what docker said, where it failed. */
export const must = (what, { ok, out, err }) => {
  if (!ok) throw new Error(`${what} failed:\n${err.slice(-2_000)}`);
  return out;
};

/** Takes everything away that the run has made. */
export const takeDown = () =>
  compose(['--profile', '*', 'down', '--volumes', '--timeout', '5'], { seconds: 90 });

/** Looks once a second until `look` has nothing to object to. @throws Error with the last objection. */
export const until = async (what, seconds, look) => {
  const end = Math.min(Date.now() + seconds * 1_000, deadline);
  let last = 'the time for the whole run is over';
  while (Date.now() < end) {
    last = await look().catch((error) => String(error));
    if (last === '') return;
    await sleep(1_000);
  }
  throw new Error(`not within ${seconds} s: ${what}: ${last}`);
};

export const json = async (url, headers = {}) => {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
};
