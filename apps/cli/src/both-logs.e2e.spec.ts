import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeReal, freePorts, queryJaeger, realJaeger } from '@kaizen-trace/testkit';
import { type ComparableSpan, tracesOf } from './testing/comparable.js';
import { deadAgent, loopOfThree, odds, parallelCalls, thirtyHours } from './testing/edge-events.js';
import { type Running, startProcess } from './testing/processes.js';

const example = fileURLToPath(new URL('../../../examples/01-first-trace/run.ndjson', import.meta.url));
const cli = 'apps/cli/bin/kaizen-trace.js';
/** Short, so that orphans and abandoned operations come within the test. */
const quick = { KAIZEN_REORDER_GRACE: '1s', KAIZEN_OPEN_TTL: '3s', KAIZEN_LOG_LEVEL: 'warn' };

const otelId = (traceId: string): string =>
  /^[0-9a-f-]{36}$/.test(traceId)
    ? traceId.replaceAll('-', '')
    : createHash('sha256').update(traceId).digest('hex').slice(0, 32);

const edgeLines = [...loopOfThree, ...parallelCalls, ...thirtyHours, ...deadAgent, ...odds];

/** How many spans each trace must have: layout `events` gives one an event, a repeated event id none. */
const expectedCounts = (lines: readonly { trace_id: string; event_id?: string }[]): Map<string, number> => {
  const ids = new Map<string, Set<string>>();
  for (const { trace_id: traceId, event_id: eventId = '' } of lines) {
    const known = ids.get(otelId(traceId)) ?? new Set();
    ids.set(otelId(traceId), known.add(eventId));
  }
  return new Map([...ids].map(([id, events]) => [id, events.size]));
};

await describeReal('the same NDJSON through both logs', ['kafka', 'jaeger'], (real) => {
  const running: Running[] = [];
  const start = (...args: Parameters<typeof startProcess>): Running => {
    const started = startProcess(...args);
    running.push(started);
    return started;
  };
  let folder: string;
  let input: string;
  let expected: Map<string, number>;
  let embedded: Readonly<Record<string, readonly ComparableSpan[]>>;
  let onKafka: typeof embedded;

  const publish = async (env: Record<string, string>): Promise<void> => {
    const publishing = start(cli, ['publish', input], env);
    await publishing.says(/published [\d,]+ events/);
  };

  const throughEmbedded = async (): Promise<typeof embedded> => {
    const [gateway, assembler, exporter, query, otlp] = (await freePorts(5)).map(String) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const up = start(cli, ['up'], {
      ...quick,
      KAIZEN_DATA_DIR: join(folder, 'data'),
      KAIZEN_GATEWAY_PORT: gateway,
      KAIZEN_ASSEMBLER_PORT: assembler,
      KAIZEN_EXPORTER_PORT: exporter,
      KAIZEN_QUERY_PORT: query,
      KAIZEN_OTLP_PORT: otlp,
    });
    await up.says(/is running/);
    await publish({ KAIZEN_GATEWAY_URL: `http://127.0.0.1:${gateway}` });
    const found = await tracesOf(queryJaeger(`http://127.0.0.1:${query}`), expected);
    expect(await up.end()).toBe(0);
    return found;
  };

  /** Two assemblers share the partitions; a second Jaeger reads the span log by itself, with its own Kafka receiver. */
  const throughKafka = async (): Promise<typeof embedded> => {
    const kafka = {
      ...quick,
      KAFKA_BROKERS: real.kafka.brokers.join(','),
      KAIZEN_TOPIC_PREFIX: `both-${process.pid}-${Date.now()}.`,
      KAIZEN_PARTITIONS: '6',
      KAIZEN_ASSEMBLER_PORT: '0',
      KAIZEN_EXPORTER_PORT: '0',
    };
    const [host, port] = real.jaeger.otlpEndpoint.split(':') as [string, string];
    await publish(kafka);
    for (let nth = 0; nth < 2; nth++) start('apps/span-assembler/dist/main.js', [], kafka);
    start('apps/span-exporter/dist/main.js', [], { ...kafka, JAEGER_HOST: host, JAEGER_PORT: port });
    const found = await tracesOf(queryJaeger(real.jaeger.queryUrl), expected);
    const reader = await realJaeger({
      kafkaReceiver: { brokers: real.kafka.brokers, topic: `${kafka.KAIZEN_TOPIC_PREFIX}spans` },
    });
    try {
      byItself = await tracesOf(queryJaeger(reader.queryUrl), expected);
    } finally {
      await reader.stop();
    }
    return found;
  };
  let byItself: typeof embedded;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kaizen-both-'));
    input = join(folder, 'input.ndjson');
    const lines = [
      ...readFileSync(example, 'utf8').trim().split('\n'),
      ...edgeLines.map((line) => JSON.stringify(line)),
    ];
    writeFileSync(input, `${lines.join('\n')}\n`);
    expected = expectedCounts(
      lines.map((line) => JSON.parse(line) as { trace_id: string; event_id: string }),
    );
    embedded = await throughEmbedded();
    onKafka = await throughKafka();
  }, 240_000);

  afterAll(async () => {
    await Promise.all(
      running.filter(({ child }) => child.exitCode === null).map((each) => each.end('SIGKILL')),
    );
    rmSync(folder, { recursive: true, force: true });
  });

  const spans = (traceId: string): readonly ComparableSpan[] => embedded[otelId(traceId)] ?? [];
  const named = (traceId: string, name: string): ComparableSpan | undefined =>
    spans(traceId).find((span) => span.name === name);

  it('gives the same spans on Kafka with two assemblers and a real Jaeger: ids, parents, times, tags', () => {
    expect(Object.keys(onKafka).length).toBeGreaterThan(5);
    for (const id of expected.keys()) expect({ [id]: onKafka[id] }).toEqual({ [id]: embedded[id] });
  });

  it('leaves a span topic that a Jaeger of its own can read: the same spans again', () => {
    for (const id of expected.keys()) expect({ [id]: byItself[id] }).toEqual({ [id]: embedded[id] });
  });

  it('shows each event once, and nothing besides', () => {
    for (const [id, count] of expected) expect({ [id]: embedded[id]?.length }).toEqual({ [id]: count });
  });

  it('makes eight spans in one trace of a loop with three tool calls', () => {
    expect(spans('loop-of-three')).toHaveLength(8);
    const root = named('loop-of-three', 'pre_agent_loop');
    expect(root?.parents).toEqual([]);
    for (const tool of ['load', 'analyze', 'report']) {
      const pre = named('loop-of-three', `pre_tool_use:${tool}`);
      expect(pre?.parents).toEqual([`CHILD_OF ${root?.id}`]);
      expect(named('loop-of-three', `post_tool_use:${tool}`)?.parents).toEqual([`CHILD_OF ${pre?.id}`]);
    }
    expect(named('loop-of-three', 'pre_tool_use:analyze')?.tags).toContain('error=true:bool');
  });

  it('pairs two parallel calls of one tool by their call_ids', () => {
    const pres = spans('parallel').filter(({ name }) => name === 'pre_tool_use:search');
    expect(pres.map(({ duration }) => duration).sort()).toEqual([5_000_000, 8_000_000]);
  });

  it('gives a 30-hour operation its exact duration', () => {
    expect(named('thirty-hours', 'pre_tool_use:wait')?.duration).toBe(108_000_000_001);
  });

  it('leaves an abandoned span of an agent that died, not a hole', () => {
    for (const name of ['pre_agent_loop', 'pre_llm_call:gpt-4o']) {
      expect(named('dead-agent', name)?.tags).toContain('kaizen.abandoned=true:bool');
    }
  });
});
