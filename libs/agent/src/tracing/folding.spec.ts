import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import { createPartition, defaultSettings, endAll, foldRecord } from '@kaizen-trace/assembler-core';
import type { HookContext, SpanRecord } from '@kaizen-trace/contracts';
import { millis, readEvent } from '@kaizen-trace/contracts';
import { sha256Hex } from '@kaizen-trace/otlp';
import type { HookContextInit } from '../hooks/hook-context.js';
import { readInit } from './read-init.js';
import { hooked, run } from './testing/tracing.js';

interface Step {
  readonly at: number;
  readonly event: HookContextInit;
}

const kinds = ['agent_loop', 'tool_use', 'llm_call', 'memory_read', 'custom'];
const types = [
  ...kinds.flatMap((kind) => [`pre_${kind}`, `post_${kind}`]),
  'note',
  'PRE_TOOL_USE',
  'bad type',
];

const value = fc.oneof(
  fc.constantFrom<unknown>('t1', 't2', '', null, true),
  fc.double(),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.array(fc.oneof(fc.integer(), fc.double({ noNaN: true })), { maxLength: 3 }),
  fc.constant({ type: 'T', message: 'm' }),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }),
);
const fields = fc.dictionary(
  fc.constantFrom('tool_name', 'model', 'x', '7', 'duration_ms', '__proto__'),
  value,
  {
    maxKeys: 4,
  },
);

const optional = fc.record(
  {
    callId: fc.constantFrom('c1', 'c2'),
    parentCallId: fc.constantFrom('c1', 'c3'),
    serviceName: fc.constantFrom('s1', 's2'),
    data: fields,
    metadata: fields,
    result: fc.constantFrom({ success: true }, { success: false, error: 'no', durationMs: 3 }),
  },
  { requiredKeys: [] },
);

const steps: fc.Arbitrary<readonly Step[]> = fc
  .array(
    fc.record({
      later: fc.integer({ min: 0, max: 60 }),
      type: fc.constantFrom(...types),
      agentId: fc.constantFrom('a', 'b'),
      traceId: fc.constantFrom('run', '0af7651916cd43dd8448eb211c80319c'),
      seconds: fc.integer({ min: 0, max: 40 }),
      id: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
      optional,
    }),
    { maxLength: 50 },
  )
  .map((drawn) => {
    let at = 1_000_000;
    return drawn.map(({ later, type: eventType, agentId, traceId, seconds, id, optional: rest }, index) => {
      at += later;
      const { result, ...others } = rest;
      const mayEnd = result !== undefined && !eventType.toLowerCase().startsWith('pre_');
      const event: HookContextInit = {
        eventType,
        agentId,
        traceId,
        timestamp: 1_700_000_000 + seconds,
        eventId: id === undefined ? `own ${index}` : `shared ${id}`,
        ...others,
        ...(mayEnd ? { result } : {}),
      };
      return { at, event };
    });
  });

const settings: fc.Arbitrary<Partial<AssemblySettings>> = fc.record({
  layout: fc.constantFrom('events' as const, 'operations' as const),
  reorderGraceMs: fc.constantFrom(0, 100, 1_000_000),
  openTtlMs: fc.constantFrom(300, 1_000_000),
  eventsToTrace: fc.constantFrom(undefined, [
    'pre_tool_use',
    'post_tool_use',
    'pre_agent_loop',
    'post_llm_call',
    'note',
  ]) as fc.Arbitrary<string[]>,
});

/** What the log's way makes of an event: JSON as it is sent, read by the contract. */
const throughJson = (event: HookContextInit): HookContext | undefined => {
  const { result } = event;
  const json = JSON.stringify({
    event_type: event.eventType,
    agent_id: event.agentId,
    trace_id: event.traceId,
    timestamp: event.timestamp,
    data: event.data,
    metadata: event.metadata,
    event_id: event.eventId,
    service_name: event.serviceName,
    call_id: event.callId,
    parent_call_id: event.parentCallId,
    result: result && { ...result, error_type: result.errorType, duration_ms: result.durationMs },
  });
  const unexpected = (): never => {
    throw new Error('nothing is left out');
  };
  const reading = readEvent(JSON.parse(json), { now: unexpected, newId: unexpected, newTraceId: unexpected });
  return reading.type === 'accepted' ? reading.event : undefined;
};

const withSettings = (told: Partial<AssemblySettings>): AssemblySettings => {
  const { eventsToTrace, ...rest } = told;
  const all = { ...defaultSettings, defaultServiceName: 'spec', ...rest };
  return eventsToTrace === undefined ? all : { ...all, eventsToTrace };
};

const inOrder = (spans: readonly SpanRecord[]): readonly SpanRecord[] =>
  [...spans].sort((a, b) => (a.spanId + a.name < b.spanId + b.name ? -1 : 1));

describe('a hook that traces', () => {
  it('gives the spans that folding the published events at the same times gives, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(steps, settings, async (run, told) => {
        const state = createPartition(withSettings(told), sha256Hex);
        const expected: SpanRecord[] = [];
        let now = 0;
        const { hook, exporter, manager, records } = hooked(
          { ...told, now: () => now, redaction: false },
          { batchSize: 5_000 },
        );
        run.forEach(({ at, event }, index) => {
          now = at;
          const answer = hook.handle(event);
          const published = throughJson(event);
          const isWanted = told.eventsToTrace?.includes(event.eventType.toLowerCase()) ?? true;
          if (isWanted) expect(answer.success).toBe(published !== undefined);
          const record = { offset: BigInt(index), appendTime: millis(at) };
          // What is left out does not advance the time either; the deadlines that pass meanwhile are the timer's.
          if (published !== undefined && isWanted)
            expected.push(...foldRecord(state, { ...record, event: published }).spans);
        });
        for (const { spans } of endAll(state, 'tracing was shut down')) expected.push(...spans);
        await hook.shutdown(5);
        // What its timer had already ended comes before what the shutdown ends.
        expect(inOrder(await records())).toEqual(inOrder(expected));
        expect(manager.stats()).toMatchObject({ ended: expected.length, exported: expected.length });
        exporter.reset();
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

describe('an event as an agent gives it', () => {
  it('is read as its JSON would be', () => {
    for (const event of run())
      expect(readInit(event)).toEqual({ type: 'accepted', event: throughJson(event) });
  });

  it('gets what it leaves out', () => {
    const reading = readInit({ eventType: 'note', agentId: 'a' });
    expect(reading.type).toBe('accepted');
    if (reading.type !== 'accepted') return;
    expect(reading.event.eventId).toMatch(/^[0-9a-f-]{36}$/);
    expect(reading.event.traceId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.abs(Number(reading.event.timestamp / 1000n) - Date.now())).toBeLessThan(1000);
  });
});
