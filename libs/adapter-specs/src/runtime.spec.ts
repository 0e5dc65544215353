import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { createPartition, defaultSettings, foldRecord } from '@kaizen-trace/assembler-core';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import { openAssembler, sha256Hex } from '@kaizen-trace/assembler-runtime';
import type { Assembler, AssemblerObserver } from '@kaizen-trace/assembler-runtime';
import { decodeEvent, encodeEvent } from '@kaizen-trace/codec';
import type { HookContext } from '@kaizen-trace/contracts';
import { micros, millis } from '@kaizen-trace/contracts';
import { encodeSpan, splitTraceRequest } from '@kaizen-trace/otlp';
import { isTick } from '@kaizen-trace/ports';
import type { LogConnection, NewRecord } from '@kaizen-trace/ports';
import type { FaultPlan } from '@kaizen-trace/testkit';
import { eventually, faultPlan, scanAll, scanEverything, withFault } from '@kaizen-trace/testkit';

const partitions = 2;
const settings: AssemblySettings = { ...defaultSettings, reorderGraceMs: 60 };
const owner = { group: 'assembler', topic: 'hook-events' };
const patienceMs = 15_000;
const startMillis = 1_763_600_000_000;

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

const eventOf = (traceId: string, index: number, eventType: string): HookContext => ({
  eventId: `${traceId}-${index}`,
  traceId,
  eventType,
  agentId: 'agent',
  timestamp: micros(BigInt(startMillis) * 1000n + BigInt(index) * 1000n),
  data: { tool_name: `tool-${index >> 1}`, step: index },
  metadata: {},
});

/** Loops with tools in them, some left open, one POST before its PRE, a repeat, and records that nobody can read. */
const scenario = (): readonly NewRecord[] => {
  const records: NewRecord[] = [];
  const add = (event: HookContext): void => {
    const encoded = encodeEvent(event);
    if (encoded.type !== 'encoded') throw new Error(encoded.type);
    records.push({ key: bytes(event.traceId), value: encoded.bytes });
  };
  const types = [
    'pre_agent_loop',
    'pre_tool_use',
    'post_tool_use',
    'pre_tool_use',
    'post_tool_use',
    'post_agent_loop',
  ];
  for (let step = 0; step < types.length; step++) {
    for (let trace = 0; trace < 6; trace++) {
      const left = trace === 5 && step > 3;
      if (!left) add(eventOf(`trace-${trace}`, step, types[step] ?? ''));
    }
  }
  add(eventOf('trace-0', 0, 'pre_agent_loop'));
  add(eventOf('late', 4, 'post_tool_use'));
  add(eventOf('late', 3, 'pre_memory_read'));
  records.push({ key: bytes('trace-1'), value: bytes('not avro') });
  records.push({ key: bytes('other'), value: records[0]?.value ?? bytes('') });
  return records;
};

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');

/** The spans that an undisturbed fold of the log as it stands gives, encoded. */
const expectedSpans = async (log: LogConnection): Promise<readonly string[]> => {
  const logged = [await scanAll(log.events, 0), await scanAll(log.events, 1)];
  return logged.flatMap((records) => {
    const state = createPartition(settings, sha256Hex);
    return records.flatMap(({ offset, appendTime, key, value }) => {
      const decoded = value === null || value.length === 0 ? undefined : decodeEvent(value);
      const event = decoded?.type === 'decoded' ? decoded.event : undefined;
      const fits = event !== undefined && key !== null && Buffer.from(key).toString('utf8') === event.traceId;
      const { spans } = foldRecord(state, fits ? { offset, appendTime, event } : { offset, appendTime });
      return spans.map((span) => hex(encodeSpan(span)));
    });
  });
};

const committedSpans = async (log: LogConnection): Promise<readonly string[]> =>
  (await scanEverything(log.spans({ group: 'look' }))).flatMap(({ value }) => {
    const split = splitTraceRequest(value ?? new Uint8Array());
    if (split.type !== 'split') throw new Error(split.type);
    return split.groups.flatMap(({ spans }) => spans.map(({ bytes: span }) => hex(span)));
  });

describe.each([
  ['all state in memory', undefined],
  ['no state in memory but what is at work', 1],
] as const)('the assembler on the embedded log, %s', (_, cacheBytes) => {
  let directory: string;
  let log: LogConnection;
  let now = startMillis;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kaizen-runtime-'));
    now = startMillis;
    log = await openEmbeddedLog({ directory, partitions, now: () => millis((now += 1)), pollIntervalMs: 2 });
  });

  afterEach(async () => {
    await log.close();
    await rm(directory, { recursive: true, force: true });
  });

  const assemble = (plan?: FaultPlan, observer?: AssemblerObserver): Promise<Assembler> => {
    const assemblers = log.assemblers({ group: owner.group });
    return openAssembler({
      log: plan === undefined ? assemblers : withFault(assemblers, plan),
      owner,
      settings,
      cacheBytes,
      ...(observer === undefined ? {} : { observer }),
      commit: { maxRecords: 7, intervalMs: 2, backlogIntervalMs: 2 },
    });
  };

  /** Waits until every partition has committed its whole input. */
  const drained = (assembler: Assembler): Promise<void> =>
    eventually('every partition is drained', patienceMs, async () => {
      const ends = await Promise.all(
        [0, 1].map(async (partition) => (await log.events.bounds(partition)).end),
      );
      const statuses = assembler.statuses();
      return ends.every((end, partition) =>
        statuses.some((status) => status.partition === partition && status.committedOffset === end),
      );
    });

  it('commits the spans of an undisturbed fold, and a dead letter for each record that it cannot take', async () => {
    await log.events.append(scenario());
    const assembler = await assemble();
    await drained(assembler);
    await assembler.close();
    expect([...(await committedSpans(log))].sort()).toEqual([...(await expectedSpans(log))].sort());
    expect(await scanEverything(log.deadLetters)).toHaveLength(2);
  });

  it('gives the same spans, each once, whichever port call fails', async () => {
    const hit = new Set<string>();
    let at = 1;
    for (; ; at++) {
      await log.close();
      await rm(directory, { recursive: true, force: true });
      directory = await mkdtemp(join(tmpdir(), 'kaizen-runtime-'));
      now = startMillis;
      log = await openEmbeddedLog({
        directory,
        partitions,
        now: () => millis((now += 1)),
        pollIntervalMs: 2,
      });
      await log.events.append(scenario());
      const plan = faultPlan(at);
      const assembler = await assemble(plan);
      await drained(assembler);
      await assembler.close();
      expect([...(await committedSpans(log))].sort()).toEqual([...(await expectedSpans(log))].sort());
      expect(await scanEverything(log.deadLetters)).toHaveLength(2);
      const fired = plan.fired();
      if (fired === undefined) break;
      hit.add(fired);
    }
    expect([...hit].sort()).toEqual(
      expect.arrayContaining(['acquire', 'commit-after', 'commit-before', 'read']),
    );
    expect(at).toBeGreaterThan(20);
  }, 120_000);

  it('goes on where it was after a restart, open operations and held POSTs included', async () => {
    const records = scenario();
    for (let from = 0; from < records.length; from += 5) {
      await log.events.append(records.slice(from, from + 5));
      const assembler = await assemble();
      await drained(assembler);
      await assembler.close();
    }
    expect([...(await committedSpans(log))].sort()).toEqual([...(await expectedSpans(log))].sort());
  });

  it('commits what falls due at once in parts, and goes on with the rest where a part fails', async () => {
    const orphans = Array.from({ length: 9_000 }, (_, index): NewRecord => {
      const encoded = encodeEvent(eventOf(`lone-${index % 500}`, index, 'post_tool_use'));
      if (encoded.type !== 'encoded') throw new Error(encoded.type);
      return { key: bytes(`lone-${index % 500}`), value: encoded.bytes };
    });
    await log.events.append(orphans);
    now += 10 * settings.reorderGraceMs;
    await log.events.append(scenario());
    const plan = faultPlan(1_292);
    let most = 0;
    const assembler = await assemble(plan, (event) => {
      if (event.type === 'committed') most = Math.max(most, event.spans);
    });
    await drained(assembler);
    await assembler.close();
    expect(plan.fired()).toMatch(/^commit-/);
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThan(2_100);
    expect([...(await committedSpans(log))].sort()).toEqual([...(await expectedSpans(log))].sort());
  }, 60_000);

  it('ticks an idle partition until its deadlines have fired, then rests', async () => {
    const lone = eventOf('lone', 1, 'post_tool_use');
    const encoded = encodeEvent(lone);
    if (encoded.type !== 'encoded') throw new Error(encoded.type);
    // The wall clock is far ahead of the log's, so that the orphan's deadline has passed at once.
    await log.events.append([{ key: bytes('lone'), value: encoded.bytes }]);
    now += 1_000;
    const assembler = await assemble();
    await eventually('the orphan comes', patienceMs, async () => (await committedSpans(log)).length > 0);
    await assembler.close();
    const ticks = (await scanEverything(log.events)).filter(isTick);
    expect(ticks.length).toBeGreaterThanOrEqual(1);
    expect(ticks.length).toBeLessThanOrEqual(3);
    expect([...(await committedSpans(log))].sort()).toEqual([...(await expectedSpans(log))].sort());
  });
});
