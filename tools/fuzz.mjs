/**
 * `npm run fuzz -- [--requests N] [--seed S]`: hostile requests at a real gateway and a real query API, in shapes that come
 * near to what they take: 100,000 by default. Exits 1 after a 5xx, a crash, a request without an answer, or memory that
 * does not stay flat. Equal seeds send equal requests. Needs a build.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: { requests: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
});
const total = Number(options.requests);

// A small generator of our own, so that a seed means the same everywhere (mulberry32).
let state = Number(options.seed) >>> 0;
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const maybe = (chance) => random() < chance;

const oddTexts = [
  '',
  'a',
  '__proto__',
  'constructor',
  '\u0000',
  '\ud800',
  '😀',
  '../..',
  '%',
  '\'"<script>',
  '-1',
  'NaN',
  '9'.repeat(40),
  'x'.repeat(9_000),
];
const oddValue = (depth = 0) => {
  const kind = below(depth > 4 ? 6 : 9);
  if (kind === 0) return null;
  if (kind === 1) return maybe(0.5);
  if (kind === 2) return pick([0, -1, 1e308, 1e-320, 2 ** 53, -0.5, 1_795_163_400, 1_795_163_400_000]);
  if (kind < 6) return pick(oddTexts);
  if (kind === 6) return Array.from({ length: below(6) }, () => oddValue(depth + 1));
  return Object.fromEntries(
    Array.from({ length: below(6) }, () => [pick(oddTexts).slice(0, 40), oddValue(depth + 1)]),
  );
};
const deep = (levels) => `${'{"a":['.repeat(levels)}1${']}'.repeat(levels)}`;

const fields = [
  'event_type',
  'agent_id',
  'trace_id',
  'timestamp',
  'data',
  'metadata',
  'event_id',
  'service_name',
  'call_id',
  'parent_call_id',
  'result',
];
const goodEvent = () => ({
  event_type: pick(['pre_tool_use', 'post_tool_use', 'note', 'pre_llm_call', 'post_llm_call']),
  agent_id: `agent-${below(20)}`,
  trace_id: `trace-${below(200)}`,
  call_id: `call-${below(500)}`,
  data: { n: below(10) },
});
const anEvent = () => {
  const event = goodEvent();
  for (let changes = below(4); changes > 0; changes -= 1) event[pick(fields)] = oddValue();
  if (maybe(0.1)) delete event[pick(fields)];
  return JSON.stringify(event);
};
const hook = () =>
  JSON.stringify({
    session_id: maybe(0.8) ? `s-${below(50)}` : oddValue(),
    hook_event_name: pick([
      'SessionStart',
      'UserPromptSubmit',
      'PreToolUse',
      'PostToolUse',
      'Stop',
      'SubagentStop',
      'SessionEnd',
      pick(oddTexts),
    ]),
    tool_name: oddValue(),
    tool_input: oddValue(),
    tool_response: oddValue(),
    prompt: oddValue(),
  });

const damage = (bytes) => {
  if (maybe(0.7) || bytes.length === 0) return bytes;
  if (maybe(0.3)) return bytes.subarray(0, below(bytes.length));
  const copy = Buffer.from(bytes);
  for (let flips = 1 + below(4); flips > 0; flips -= 1) copy[below(copy.length)] = below(256);
  return copy;
};
const packed = (bytes, headers) => {
  const coding = pick([undefined, undefined, undefined, 'gzip', 'zstd', 'br', 'gzip, gzip', 'identity']);
  if (coding !== undefined) headers['content-encoding'] = coding;
  return coding === 'gzip' ? gzipSync(bytes) : coding === 'zstd' ? zstdCompressSync(bytes) : bytes;
};

const eventsRequest = () => {
  const headers = {
    'content-type': pick([
      'application/x-ndjson',
      'application/json',
      'application/json',
      'text/plain',
      'x',
      'application/json;;',
    ]),
  };
  const events = Array.from({ length: below(8) }, anEvent);
  const text = maybe(0.05)
    ? deep(pick([10, 100, 5_000, 100_000]))
    : headers['content-type'] === 'application/x-ndjson'
      ? events.join(pick(['\n', '\r\n', '\n\n']))
      : `[${events.join(',')}]`;
  const hooks = maybe(0.2);
  return {
    method: maybe(0.95) ? 'POST' : pick(['GET', 'PUT', 'DELETE', 'HEAD']),
    path: hooks
      ? '/v1/hooks/claude-code'
      : pick(['/v1/events', '/v1/events', '/v1/events', '/v1/%65vents', '/v1/events?x=%', '/v1/nothing']),
    headers,
    body: damage(packed(damage(Buffer.from(hooks && maybe(0.9) ? hook() : text)), headers)),
  };
};

const number = () => pick(['1', '0', '-1', '20', '1500', '1e9', 'NaN', '', '9'.repeat(30), '1.5', 'abc']);
const encoded = (text) => (maybe(0.1) ? '%E0%A4%A' : encodeURIComponent(text.toWellFormed()));
const queryOf = (names) =>
  Array.from(
    { length: below(6) },
    () => `${pick(names)}=${maybe(0.6) ? encoded(pick(oddTexts)) : number()}`,
  ).join(pick(['&', ';', '&&']));
const operatingRequest = () => ({
  method: maybe(0.8) ? 'GET' : 'POST',
  path: `${pick(['/api/open-operations', '/api/pipeline', '/api/dead-letters', '/api/dead-letters/0/0', '/api/dead-letters/x/99999999999999999999', '/api/dead-letters/redrive', '/metrics', '/readyz', '/%', '//'])}?${queryOf(['limit', 'cursor', 'service', 'agent', 'kind', 'min_age', 'order', 'pending', 'stage'])}`,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(maybe(0.5) ? JSON.stringify(oddValue()) : ''),
});
const tags = () => pick(['{"error":"true"}', '{', '[]', 'null', '{"a":1}', '{"__proto__":"x"}', deep(50)]);
const queryRequest = () => ({
  method: maybe(0.95) ? 'GET' : pick(['POST', 'PUT', 'OPTIONS', 'HEAD']),
  path: pick([
    () =>
      `/api/traces?service=${encoded(pick(['a', ...oddTexts]))}&${queryOf(['operation', 'start', 'end', 'limit', 'lookback', 'minDuration', 'maxDuration', 'tag', 'traceID', 'prettyPrint'])}&tags=${encodeURIComponent(tags())}`,
    () =>
      `/api/traces/${encoded(pick(['0', 'f'.repeat(32), 'g', ...oddTexts]))}?${queryOf(['prettyPrint', 'raw', 'start', 'end'])}`,
    () => `/api/services/${encoded(pick(oddTexts))}/operations`,
    () => `/api/operations?${queryOf(['service', 'spanKind'])}`,
    () => `/api/dependencies?${queryOf(['endTs', 'lookback'])}`,
    () =>
      pick([
        '/',
        '/api/services',
        '/metrics',
        '/assets/../../etc/passwd',
        '/assets/%2e%2e/x',
        '/search',
        '/trace/x',
        '/%',
        '//',
      ]),
  ])(),
  headers: {},
  body: Buffer.alloc(0),
});

/**
 * The query API promises Jaeger's answers, held against the real one by a spec, and to a limit below 1 Jaeger says this
 * with a 500. Nothing has failed then; it is counted by itself.
 */
const jaegersOwn = 'search depth must be greater than 0';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const send = (base, { method, path, headers, body }) =>
  new Promise((resolve) => {
    const done = (status) => resolve(status);
    const outgoing = request(base + path, {
      method,
      agent,
      headers: { ...headers, 'content-length': body.length },
      timeout: 30_000,
    });
    outgoing.on('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += text.length < 500 ? chunk.toString('latin1') : ''));
      response.on('end', () => done(text.includes(jaegersOwn) ? 'as Jaeger' : response.statusCode));
      response.on('error', () => done('cut'));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => done(error.message === 'no answer' ? 'no answer' : 'cut'));
    outgoing.end(body);
  });

const folder = mkdtempSync(join(tmpdir(), 'kaizen-fuzz-'));
const anyPort = Object.fromEntries(
  ['GATEWAY', 'QUERY', 'OTLP', 'ASSEMBLER', 'EXPORTER'].map((name) => [`KAIZEN_${name}_PORT`, '0']),
);
const services = spawn(
  process.execPath,
  ['--max-semi-space-size=32', join(root, 'apps/cli/dist/main.js'), 'up'],
  {
    env: { ...process.env, ...anyPort, KAIZEN_DATA_DIR: folder, KAIZEN_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'pipe'],
  },
);
let said = '';
let exit;
services.stdout.on('data', (chunk) => (said += chunk));
services.stderr.on('data', (chunk) => (said = (said + chunk).slice(-20_000)));
services.on('exit', (code, signal) => (exit = signal ?? code));
const residentMiB = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${services.pid}/status`, 'utf8'))[1]) / 1024;
const stop = () => services.kill('SIGTERM');
process.on('SIGINT', () => (stop(), process.exit(130)));

const addressOf = (pattern) => pattern.exec(said)?.[1];
const started = Date.now();
while (!/:\d+\/v1\/events/.test(said)) {
  if (exit !== undefined || Date.now() - started > 60_000)
    throw new Error(`the services did not start: ${said}`);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await new Promise((resolve) => setTimeout(resolve, 500));
const gateway = addressOf(/(http:\/\/[^\s/]+)\/v1\/events/);
const query = [...said.matchAll(/http:\/\/[^\s/]+:\d+/g)].map(([url]) => url).find((url) => url !== gateway);
const bad = [];
const statuses = new Map();
const memory = [];
let sent = 0;
const lane = async () => {
  while (sent < total && exit === undefined) {
    sent += 1;
    if (sent % Math.ceil(total / 20) === 0) memory.push(Math.round(residentMiB()));
    const [base, made] = pick([
      [gateway, eventsRequest()],
      [gateway, eventsRequest()],
      [gateway, operatingRequest()],
      [query, queryRequest()],
    ]);
    const status = await send(base, made);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if ((status >= 500 || status === 'no answer') && bad.length < 20)
      bad.push(
        `${status} ${made.method} ${made.path.slice(0, 200)} ${JSON.stringify(made.headers)} ${made.body.subarray(0, 300).toString('latin1')}`,
      );
  }
};
await Promise.all(Array.from({ length: 8 }, lane));
const crashed = exit;
stop();
await new Promise((resolve) => (exit === undefined ? services.on('exit', resolve) : resolve()));
rmSync(folder, { recursive: true, force: true });
agent.destroy();

// The first quarter fills caches and warms up the heap.
const settled = memory.slice(5);
const half = Math.floor(settled.length / 2);
const mean = (list) => list.reduce((sum, each) => sum + each, 0) / Math.max(1, list.length);
const growth = mean(settled.slice(half)) - mean(settled.slice(0, half));
const isFlat = total < 20_000 || growth < 64;
console.log(
  `${sent} requests, seed ${options.seed}: ${[...statuses]
    .sort()
    .map(([status, count]) => `${status}: ${count}`)
    .join(', ')}`,
);
console.log(
  `resident MiB, twenty looks: ${memory.join(' ')}; later half ${growth.toFixed(0)} MiB over the earlier`,
);
for (const line of bad) console.log(line);
if (crashed !== undefined) console.log(`the services ended of themselves: ${crashed}\n${said.slice(-2_000)}`);
process.exit(bad.length > 0 || crashed !== undefined || !isFlat ? 1 : 0);
