/** What an event costs the agent: PublishingHook beside OpenTelemetry's own spans, and an agent whose backend is dead. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpPublisher, PublishingHook } from '@kaizen-trace/agent';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { count, median, percentile } from './lib/measure.mjs';
import { temporaryFolder } from './lib/processes.mjs';
import { tracingHookCost } from './lib/tracing-hook-cost.mjs';

const rounds = Number(process.env.BENCH_ROUNDS ?? 9);
const burst = 500;
const bursts = 20;
/** Between bursts whoever works in the background may catch up, as with a real agent. */
const restMs = 10;
const deadEvents = Number(process.env.BENCH_EVENTS ?? 1_000_000);
const agentEvents = 50_000;
/** What an agent does between two events, in microseconds: more events than 10,000 a second no agent tells. */
const agentMicros = 100;

const noopExporter = {
  export: (_spans, done) => done({ code: 0 }),
  shutdown: () => Promise.resolve(),
  forceFlush: () => Promise.resolve(),
};

const eventOf = (index) => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  eventType: index % 2 === 0 ? 'pre_tool_use' : 'post_tool_use',
  agentId: 'agent-production-17',
  data: {
    tool_name: 'web_search',
    input: 'some text to search for here',
    purpose: 'because of it',
    priority: 12.5,
    session: 'abc',
  },
  metadata: { environment: 'production', host: 'node-12' },
});

const openTaker = async () => {
  const taker = new Worker(new URL('./lib/event-taker.mjs', import.meta.url));
  const [port] = await once(taker, 'message');
  taker.unref();
  return { url: `http://127.0.0.1:${port}`, close: () => taker.terminate() };
};

/** The ways to tell of an event that are compared; `close` gives back what they hold. */
const openWays = async (url, folder) => {
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(noopExporter)] });
  const tracer = provider.getTracer('bench');
  const attributesOf = ({ agentId, eventType, traceId, data, metadata }) => ({
    agent_id: agentId,
    event_type: eventType,
    trace_id: traceId,
    ...data,
    ...metadata,
  });
  const bare = (event) =>
    tracer.startSpan('pre_tool_use:web_search', { attributes: attributesOf(event) }).end();
  const ring = httpPublisher({ url });
  const spool = httpPublisher({ url, overflow: 'spool', spool: { directory: folder } });
  const ringHook = new PublishingHook({ publisher: ring });
  const spoolHook = new PublishingHook({ publisher: spool });
  return {
    ways: {
      'OpenTelemetry startSpan + end': bare,
      'PublishingHook, ring': (event) => ringHook.handle(event),
      'PublishingHook, spool': (event) => spoolHook.handle(event),
    },
    close: async () => {
      const stats = { ring: ring.stats(), spool: spool.stats() };
      await Promise.all([ring.close(10), spool.close(10), provider.shutdown()]);
      return stats;
    },
  };
};

/** Nanoseconds of each event of one round. */
const runRound = async (way) => {
  const taken = new Float64Array(burst * bursts);
  for (let at = 0; at < bursts; at++) {
    for (let index = 0; index < burst; index++) {
      const event = eventOf(index);
      const before = process.hrtime.bigint();
      way(event);
      taken[at * burst + index] = Number(process.hrtime.bigint() - before);
    }
    await sleep(restMs);
  }
  return { mean: taken.reduce((sum, each) => sum + each, 0) / taken.length, taken };
};

/** A child's report, which is its last line. */
const agent = async (options) => {
  const path = fileURLToPath(new URL('./lib/busy-agent.mjs', import.meta.url));
  const child = spawn(process.execPath, [path, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  await once(child, 'close');
  return JSON.parse(said.trim().split('\n').at(-1));
};

const dead = 'http://127.0.0.1:4';

const measureAgents = async (url) => {
  const { work: rounds20 } = await agent({});
  const work = Math.round((rounds20 * agentMicros) / 20);
  const rates = { without: [], dead: [], live: [] };
  for (let round = 0; round < 3; round++) {
    rates.without.push((await agent({ events: agentEvents, work })).rate);
    rates.dead.push((await agent({ events: agentEvents, work, url: dead })).rate);
    rates.live.push((await agent({ events: agentEvents, work, url })).rate);
  }
  const long = await agent({ events: deadEvents, work: rounds20, url: dead });
  return {
    rates: Object.fromEntries(Object.entries(rates).map(([name, each]) => [name, median(each)])),
    long,
  };
};

const micros = (nanos) => `${(nanos / 1000).toFixed(2)}`;

const summary = (all) => {
  const sorted = Float64Array.from(all.flatMap(({ taken }) => [...taken])).sort();
  return {
    mean: median(all.map(({ mean }) => mean)),
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    p999: percentile(sorted, 0.999),
  };
};

export const run = async () => {
  const taker = await openTaker();
  const folder = temporaryFolder();
  const { ways, close } = await openWays(taker.url, folder.path);
  const all = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (const way of Object.values(ways)) await runRound(way);
  for (let round = 0; round < rounds; round++)
    for (const [name, way] of Object.entries(ways)) all[name].push(await runRound(way));
  const stats = await close();
  const figures = Object.fromEntries(Object.entries(all).map(([name, each]) => [name, summary(each)]));
  const tracing = await tracingHookCost();
  const { rates, long } = await measureAgents(taker.url);
  await taker.close();
  folder.remove();
  return report({ figures, tracing, rates, long, stats });
};

const limits = { 'PublishingHook, ring': '≤ 0.5 ×, p50 ≤ 2, p99.9 ≤ 50' };

const report = ({ figures, tracing, rates, long, stats }) => {
  const bare = figures['OpenTelemetry startSpan + end'];
  const ratio = (name) => figures[name].mean / bare.mean;
  const rows = Object.entries(figures).map(([name, { mean, p50, p99, p999 }]) => [
    name,
    micros(mean),
    micros(p50),
    micros(p99),
    micros(p999),
    (mean / bare.mean).toFixed(2),
    limits[name] ?? '',
  ]);
  const lost = (name) => ((1 - rates[name] / rates.without) * 100).toFixed(1);
  const memory = long.samples.map(({ anonymous, heap }) => `${anonymous}/${heap}`).join(' ');
  return {
    title: `publish: µs of the agent's thread per event, median of ${rounds} rounds of ${burst * bursts} events`,
    rows: [['way', 'mean', 'p50', 'p99', 'p99.9', '× OTel', 'limit'], ...rows],
    notes: [
      `TracingHook ${tracing.hookMicros.toFixed(1)} µs for a PRE and its POST, bare OpenTelemetry ${tracing.bareMicros.toFixed(1)} for the same two spans: ${tracing.ratio.toFixed(2)} ×; limit 1.5`,
      `an agent of ${agentMicros} µs work per event: ${count(rates.without)} events/s without a hook, ${count(rates.dead)} with a dead backend (−${lost('dead')} %), ${count(rates.live)} with a live one (−${lost('live')} %); limit 5 %`,
      `${count(long.stats.accepted)} events with a dead backend, RssAnon/heap in MiB after each tenth: ${memory}; ${count(long.stats.dropped)} dropped and ${count(long.stats.buffered)} buffered, as counted`,
    ],
    figures: { ...figures, tracing, rates, memory: long.samples, stats },
    ratios: {
      'ring / OpenTelemetry': ratio('PublishingHook, ring'),
      'spool / OpenTelemetry': ratio('PublishingHook, spool'),
      'TracingHook / OpenTelemetry, same spans': tracing.ratio,
      'rate dead / without': rates.dead / rates.without,
      'rate live / without': rates.live / rates.without,
      'rate dead / live': rates.dead / rates.live,
    },
  };
};
