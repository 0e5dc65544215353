/**
 * `npm run chaos -- [--minutes N] [--kills N] [--seed S] [--outage N] [--assemblers N] [--rate N] [--partitions N]`: the
 * pipeline on a Kafka and a Jaeger of its own, broken at seeded moments under load, or with Jaeger away for minutes and
 * the broker restarted twice; then compared with an undisturbed fold of the same log. Exits 1 where anything differs, and
 * says where the evidence is. Needs a build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { simulateEvents } from '@kaizen-trace/cli';
// Past the door of testkit, since that needs jest.
import { proxiedKafka } from '../libs/testkit/dist/chaos/proxied-kafka.js';
import { startFaultyProxy } from '../libs/testkit/dist/chaos/faulty-proxy.js';
import { chaosTable, isFlawless } from '../libs/testkit/dist/chaos/report.js';
import { runChaos } from '../libs/testkit/dist/chaos/run-chaos.js';
import { realJaeger } from '../libs/testkit/dist/real-jaeger.js';

const usage = `usage: npm run chaos -- [options]

  --minutes N     how long faults are injected (5)
  --kills N       end earlier, once so many assemblers were killed
  --outage N      instead: Jaeger away for N minutes, the broker restarted twice meanwhile
  --seed S        the same faults again
  --assemblers N  (4)
  --rate N        events a second (400)
  --partitions N  (8)
  --keep          keep the services' logs of a run without a difference, too

examples: npm run chaos -- --minutes 5 --seed 1
          npm run chaos -- --kills 200 --seed 200
          npm run chaos -- --outage 10`;

const fail = (text) => {
  console.error(text);
  process.exit(2);
};

const options = {
  minutes: { type: 'string' },
  kills: { type: 'string' },
  outage: { type: 'string' },
  seed: { type: 'string' },
  assemblers: { type: 'string', default: '4' },
  rate: { type: 'string', default: '400' },
  partitions: { type: 'string', default: '8' },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const readArguments = () => {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${error.message}\n${usage}`);
  }
};

const values = readArguments();
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const number = (name, low, high) => {
  const value = Number(values[name]);
  if (!(value >= low && value <= high)) fail(`--${name}: a number from ${low} to ${high}`);
  return value;
};

const assemblers = number('assemblers', 1, 32);
const rate = number('rate', 1, 20_000);
const partitions = number('partitions', 1, 100);
const kills = values.kills === undefined ? undefined : number('kills', 1, 100_000);
values.minutes ??= kills === undefined ? '5' : '600';
const minutes = number('minutes', 0.1, 10_000);
const outageMinutes = values.outage === undefined ? undefined : number('outage', 0.1, 10_000);
const seed = values.seed ?? String(Date.now());
const app = (name) => fileURLToPath(new URL(`../apps/${name}/dist/main.js`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'kaizen-trace-chaos-'));

console.log(`seed ${seed}; evidence in ${folder}`);
// The servers' own processes do not keep this one alive, not even while it waits for their end.
const alive = setInterval(() => undefined, 60_000);
// Through the exit, which ends the services too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));
const kafka = await proxiedKafka();
const jaeger = await realJaeger({ own: true });
const line = await startFaultyProxy();
const backendPort = Number(jaeger.otlpEndpoint.split(':').at(-1));
line.forwardTo(backendPort);
let result;
try {
  const events = simulateEvents({
    agents: 40,
    traces: Number.MAX_SAFE_INTEGER,
    rate,
    seed,
    start: BigInt(Date.now()) * 1000n,
    openFor: 20_000_000,
  });
  result = await runChaos({
    kafka,
    jaeger: { ...jaeger, otlpEndpoint: `127.0.0.1:${line.port}` },
    ...(outageMinutes === undefined
      ? {}
      : { outage: { line, backendPort, lengthMs: outageMinutes * 60_000 } }),
    events,
    scripts: { assembler: app('span-assembler'), exporter: app('span-exporter') },
    seed,
    durationMs: minutes * 60_000,
    ...(kills === undefined ? {} : { kills }),
    assemblers,
    partitions,
    rate,
    folder,
    say: (line) => console.log(line),
  });
  console.log(`\n${chaosTable(result)}`);
} finally {
  await line.stop();
  await jaeger.stop();
  await kafka.stop();
}
clearInterval(alive);
const flawless = isFlawless(result);
if (flawless && !values.keep) rmSync(folder, { recursive: true, force: true });
else console.log(`evidence: ${folder}; the same faults again: --seed ${seed}`);
process.exit(flawless ? 0 : 1);
