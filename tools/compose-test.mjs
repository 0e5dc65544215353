/**
 * `npm run test:compose -- [--tls] [--traces N] [--no-build]`: the compose stack for real, under a name and on ports of its
 * own: three assemblers, one of them killed while events come, then every trace looked for at Jaeger's API and counted.
 * Needs a Docker engine with compose; exits 3, saying why, where there is none or an image cannot be had. Grafana alone
 * may be missing: then it is named as left out.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: {
    tls: { type: 'boolean', default: false },
    traces: { type: 'string', default: '400' },
    'no-build': { type: 'boolean', default: false },
  },
});
const traces = Number(options.traces);
const say = (text) => console.error(`compose: ${text}`);

const leftOut = (why) => {
  say(`left out: ${why}`);
  process.exit(3);
};

const portNames = ['GATEWAY', 'KAFKA', 'JAEGER_UI', 'OTLP_GRPC', 'OTLP_HTTP', 'PROMETHEUS', 'GRAFANA'];
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
const ports = {};
for (const name of portNames) ports[name] = await freePort();
const env = {
  ...process.env,
  ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [`${name}_PORT`, String(port)])),
};

const files = ['docker-compose.yml'];
const project = `kaizen-test-${process.pid}`;
const docker = (args, { quiet = true } = {}) => {
  const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
  const { status, stdout, stderr, error } = spawnSync('docker', args, {
    cwd: root,
    env,
    stdio,
    encoding: 'utf8',
  });
  return { ok: status === 0, out: stdout ?? '', err: error?.message ?? stderr ?? '' };
};
const compose = (args, how) =>
  docker(['compose', '-p', project, ...files.flatMap((file) => ['-f', file]), ...args], how);
const must = (what, { ok, out, err }) => {
  if (!ok) throw new Error(`${what} failed:\n${err.slice(-2_000)}`);
  return out;
};

if (!docker(['info']).ok) leftOut('no Docker engine answers');
if (!docker(['compose', 'version']).ok) leftOut('docker has no compose plugin');
must('docker compose config', compose(['config', '--quiet']));

const images = [...new Set(must('the list of images', compose(['config', '--images'])).split('\n'))].filter(
  (image) => image !== '' && !image.startsWith('kaizen-trace'),
);
const missing = images.filter(
  (image) => !docker(['image', 'inspect', image]).ok && !docker(['pull', '--quiet', image]).ok,
);
const needed = missing.filter((image) => !image.startsWith('grafana/'));
if (needed.length > 0) leftOut(`no way to ${needed.join(', ')}`);
if (missing.length > 0) say(`${missing.join(', ')} cannot be had: Grafana is left out of the run`);
if (!options['no-build']) {
  say('building the image of the services …');
  const built = compose(['build', 'gateway'], { quiet: false });
  if (!built.ok) throw new Error('the image could not be built');
}

const services = ['gateway', 'span-assembler', 'span-exporter', 'prometheus'].concat(
  missing.length > 0 ? [] : ['grafana'],
);
const interrupted = () => {
  compose(['down', '--volumes', '--timeout', '5']);
  process.exit(130);
};
process.on('SIGINT', interrupted);
process.on('SIGTERM', interrupted);

const until = async (what, seconds, look) => {
  const deadline = Date.now() + seconds * 1_000;
  let last = '';
  while (Date.now() < deadline) {
    last = await look().catch((error) => String(error));
    if (last === '') return;
    await sleep(1_000);
  }
  throw new Error(`not within ${seconds} s: ${what}: ${last}`);
};

const json = async (url) => {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
};

/** Three operations of two events each: a run, within it a model's call, within that a tool. */
const kinds = ['agent_run', 'llm_call', 'tool_use'];
const newTraces = (count) => Array.from({ length: count }, () => randomBytes(16).toString('hex'));
const event = (traceId, phase, at) => ({
  event_type: `${phase}_${kinds[at]}`,
  event_id: `${traceId}-${phase}-${at}`,
  agent_id: 'composer',
  trace_id: traceId,
  call_id: `${traceId}-${at}`,
  ...(at > 0 ? { parent_call_id: `${traceId}-${at - 1}` } : {}),
  service_name: 'compose-test',
  data: { step: at },
});

const post = async (key, events) => {
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(`http://127.0.0.1:${ports.GATEWAY}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` },
      body: events.map((each) => JSON.stringify(each)).join('\n'),
    });
    const report = await response.json();
    if (response.status === 202 && report.accepted === events.length) return;
    if (response.status < 500 || tries > 20)
      throw new Error(`the gateway answered ${response.status}: ${JSON.stringify(report).slice(0, 300)}`);
    await sleep(1_000);
  }
};

const countOf = async (traceId) => {
  const response = await fetch(`http://127.0.0.1:${ports.JAEGER_UI}/api/traces/${traceId}`);
  if (response.status === 404) return { spans: 0, ids: 0 };
  const { spans } = (await response.json()).data[0];
  return { spans: spans.length, ids: new Set(spans.map(({ spanID }) => spanID)).size };
};

const keyOfTheStack = () => {
  if (!options.tls) return env.KAIZEN_API_KEYS || 'local-development-only';
  const shown = must('show-key', compose(['run', '--rm', '-T', 'show-key']));
  return /KAIZEN_API_KEY=(\S+)/.exec(shown)[1];
};

const run = async () => {
  const up = [
    'up',
    '--detach',
    '--wait',
    '--wait-timeout',
    '240',
    '--no-build',
    '--scale',
    'span-assembler=3',
  ];
  say(`starting ${services.join(', ')}${options.tls ? ', with TLS' : ''} …`);
  must('docker compose up', compose([...up, ...services]));
  const key = keyOfTheStack();
  const unknown = await fetch(`http://127.0.0.1:${ports.GATEWAY}/metrics`);
  if (unknown.status !== 401) throw new Error(`without a key the gateway answered ${unknown.status}`);

  const [first, second] = [newTraces(traces / 2), newTraces(traces / 2)];
  const began = (ids) => ids.flatMap((id) => kinds.map((_, at) => event(id, 'pre', at)));
  const ended = (ids) => ids.flatMap((id) => kinds.map((_, at) => event(id, 'post', 2 - at)));
  await post(key, began(first));
  say('killing one assembler, with operations open in all of them …');
  must('docker kill', docker(['kill', `${project}-span-assembler-2`]));
  await post(key, began(second));
  await post(key, ended(first));
  await post(key, ended(second));

  const expected = 2 * kinds.length;
  const all = [...first, ...second];
  await until('every trace is whole in Jaeger', 180, async () => {
    for (const [index, id] of all.entries()) {
      const { spans } = await countOf(id);
      if (spans < expected) return `trace ${index + 1} of ${all.length} has ${spans} spans of ${expected}`;
    }
    return '';
  });
  for (const id of all) {
    const { spans, ids } = await countOf(id);
    if (spans !== expected || ids !== expected)
      throw new Error(`trace ${id} has ${spans} spans with ${ids} ids, not ${expected}`);
  }
  await until('Prometheus reaches every service', 60, async () => {
    const { data } = await json(`http://127.0.0.1:${ports.PROMETHEUS}/api/v1/targets?state=active`);
    const jobs = Map.groupBy(data.activeTargets, ({ labels }) => labels.job);
    const away = [...jobs].filter(([, targets]) => !targets.some(({ health }) => health === 'up'));
    return jobs.size >= 4 && away.length === 0 ? '' : `${jobs.size} jobs, away: ${away.map(([job]) => job)}`;
  });
  say(`ok: ${all.length} traces of ${expected} spans each, none lost, none twice, with one assembler killed`);
};

let failed = false;
try {
  await run();
} catch (error) {
  failed = true;
  say(error.message);
  const { out } = compose(['logs', '--no-color', '--tail', '15', ...services]);
  console.error(out.slice(-8_000));
} finally {
  compose(['down', '--volumes', '--timeout', '10']);
}
process.exit(failed ? 1 : 0);
