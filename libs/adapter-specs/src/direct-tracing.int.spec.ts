import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import { TracingHook, TracingManager } from '@kaizen-trace/agent';
import type { HookContextInit } from '@kaizen-trace/agent';
import { encodeEvent } from '@kaizen-trace/codec';
import { micros, readEvent } from '@kaizen-trace/contracts';
import { countSpans, createOtlpClient } from '@kaizen-trace/otlp';
import type { NewRecord } from '@kaizen-trace/ports';
import { describeReal, queryJaeger, realJaeger, scanEverything } from '@kaizen-trace/testkit';
import type { JaegerTrace, RealJaeger } from '@kaizen-trace/testkit';
import { openEmbeddedPipeline } from './testing/embedded-pipeline.js';

const settings = { openTtlMs: 400, reorderGraceMs: 200 };
const start = Math.floor(Date.now() / 1000) - 60;

/** A supervisor with two workers at once, everything that can go wrong in one of them, and calls that are told apart. */
const multiAgentRun = (traceId: string): readonly HookContextInit[] => {
  let n = 0;
  const at = (
    second: number,
    [agentId, eventType]: readonly [string, string],
    rest: Partial<HookContextInit> = {},
  ): HookContextInit => ({
    eventType,
    agentId,
    traceId,
    timestamp: start + second,
    eventId: `event ${(n += 1)}`,
    ...rest,
  });
  const search = {
    tool_name: 'search',
    query: 'Größe 🙂',
    nested: { left: 'out' },
    scores: [1, 2.5],
    n: 2 ** 53,
  };
  return [
    at(0, ['boss', 'pre_agent_loop'], {
      data: { task: 'plan', depth: 3 },
      metadata: { team: 'a', retries: 0 },
    }),
    at(0.5, ['boss', 'pre_plan_generation']),
    at(1, ['boss', 'pre_llm_call'], { data: { model: 'm-1', provider: 'p', input_tokens: 10 } }),
    at(2.25, ['boss', 'post_llm_call'], {
      data: { output_tokens: 7 },
      result: { success: true, durationMs: 1250 },
    }),
    at(2.5, ['boss', 'post_plan_generation'], { result: { success: true } }),
    at(3, ['boss', 'pre_specialist_invoke'], { data: { specialist_name: 'left' }, callId: 'left' }),
    at(3.1, ['boss', 'pre_specialist_invoke'], { data: { specialist_name: 'right' }, callId: 'right' }),
    at(3.5, ['left', 'pre_agent_loop'], { parentCallId: 'left', serviceName: 'left-worker' }),
    at(3.6, ['right', 'pre_agent_loop'], {
      parentCallId: 'right',
      metadata: { service_name: 'right-worker' },
    }),
    at(4, ['left', 'pre_tool_use'], { data: search, callId: 'one' }),
    at(4.001, ['left', 'pre_tool_use'], { data: search, callId: 'two' }),
    at(4.2, ['right', 'note'], { data: { text: 'a point', ok: true } }),
    at(5, ['left', 'post_tool_use'], {
      data: { tool_name: 'search' },
      callId: 'two',
      result: { success: true },
    }),
    at(7, ['left', 'post_tool_use'], {
      callId: 'one',
      result: {
        success: false,
        error: 'no network',
        errorType: 'FetchError',
        stack: 'FetchError: no network\n  at x',
      },
    }),
    at(6, ['right', 'pre_memory_read']),
    at(5.5, ['right', 'post_memory_read'], { data: { error: { type: 'E', message: 'gone' } } }),
    at(6.5, ['right', 'post_llm_call'], { data: { model: 'never began', duration_ms: 250 } }),
    at(6.75, ['right', 'pre_tool_use'], { data: { tool_name: 'never ends' } }),
    at(8, ['left', 'post_agent_loop'], { result: { success: true, data: { answer: 42 } } }),
    at(8.5, ['right', 'post_agent_loop'], { result: { success: false, error: 'gave up' } }),
    at(9, ['boss', 'post_specialist_invoke'], { callId: 'left', result: { success: true } }),
    at(9.5, ['boss', 'post_specialist_invoke'], { callId: 'right', result: { success: true } }),
    at(10, ['boss', 'post_agent_loop'], { result: { success: true } }),
  ];
};

const recordOf = (event: HookContextInit): NewRecord => {
  const { result } = event;
  const reading = readEvent(
    {
      event_type: event.eventType,
      agent_id: event.agentId,
      trace_id: event.traceId,
      event_id: event.eventId,
      timestamp: event.timestamp,
      call_id: event.callId,
      parent_call_id: event.parentCallId,
      service_name: event.serviceName,
      data: event.data,
      metadata: event.metadata,
      result: result && { ...result, error_type: result.errorType, duration_ms: result.durationMs },
    },
    { now: () => micros(0n), newId: () => 'none', newTraceId: () => 'none' },
  );
  if (reading.type !== 'accepted') throw new Error(reading.reason);
  const encoded = encodeEvent(reading.event);
  if (encoded.type !== 'encoded') throw new Error(encoded.type);
  return { key: Buffer.from(reading.event.traceId), value: encoded.bytes };
};

/** The run through the log and a real assembler: what it commits to the span log. */
const throughTheLog = async (
  events: readonly HookContextInit[],
  layout: 'events' | 'operations',
): Promise<readonly Uint8Array[]> => {
  const pipeline = await openEmbeddedPipeline(1_000_000, {
    ...settings,
    layout,
    defaultServiceName: 'parity',
  });
  try {
    const running = await pipeline.start();
    const append = async (records: readonly NewRecord[]): Promise<void> => {
      expect(await pipeline.log.events.append(records)).toEqual({ type: 'appended' });
    };
    await append(events.map(recordOf));
    pipeline.clock.now += 10_000;
    // Any later record makes the time of the log go on.
    await append([
      recordOf({
        eventType: 'pre_later',
        agentId: 'other',
        traceId: 'later',
        eventId: 'later',
        timestamp: start,
      }),
    ]);
    await running.caughtUp();
    const messages = await scanEverything(pipeline.log.spans({ group: 'onlooker' }));
    return messages.map(({ value }) => value ?? new Uint8Array(0));
  } finally {
    await pipeline.close();
  }
};

/** The run through a hook of this process. */
const direct = async (
  events: readonly HookContextInit[],
  layout: 'events' | 'operations',
  jaeger: RealJaeger,
): Promise<void> => {
  const [host = '', port = ''] = jaeger.otlpEndpoint.split(':');
  const manager = new TracingManager({
    serviceName: 'parity',
    jaegerHost: host,
    jaegerPort: Number(port),
    environment: {},
  });
  const hook = new TracingHook({ tracingManager: manager, layout, ...settings });
  for (const event of events) expect(hook.handle(event)).toMatchObject({ success: true });
  await wait(600);
  expect(await manager.shutdown(10)).toBe(true);
  const { open, held } = {
    open: hook.counts.opened - hook.counts.paired - hook.counts.abandoned,
    held: hook.counts.held - hook.counts.heldTaken - hook.counts.orphans,
  };
  expect([open, held]).toEqual([0, 0]);
};

const bySpan = (a: { readonly spanID: string }, b: { readonly spanID: string }): number =>
  a.spanID < b.spanID ? -1 : 1;

/** Everything that Jaeger shows of a trace, in an order of its own. */
const shownOf = (trace: JaegerTrace | undefined): object =>
  (trace?.spans ?? [])
    .map(({ processID, ...span }) => ({ ...span, process: trace?.processes[processID] }))
    .sort(bySpan);

await describeReal('a run of several agents', ['jaeger'], ({ jaeger }) => {
  const others: RealJaeger[] = [];
  afterAll(() => Promise.all(others.map((other) => other.stop())));

  it.each(['events', 'operations'] as const)(
    'shows the same in Jaeger traced directly and through the log: layout %s',
    async (layout) => {
      const other = await realJaeger({ own: true });
      others.push(other);
      const traceId = randomBytes(16).toString('hex');
      const events = multiAgentRun(traceId);
      await direct(events, layout, jaeger);
      const directly = await queryJaeger(jaeger.queryUrl).trace(traceId);
      const requests = await throughTheLog(events, layout);
      const sendTo = async (endpoint: string): Promise<void> => {
        const client = createOtlpClient({ endpoint, insecure: true });
        for (const request of requests) expect(await client.export(request)).toEqual({ type: 'accepted' });
        client.close();
      };
      await sendTo(other.otlpEndpoint);
      const sourced = await queryJaeger(other.queryUrl).trace(traceId);
      expect(directly?.spans.length).toBe(requests.reduce((sum, request) => sum + countSpans(request), 0));
      expect(directly?.spans.length).toBeGreaterThan(10);
      expect(shownOf(directly)).toEqual(shownOf(sourced));
      // Jaeger knows a repeat by its content: the spans are the same ones, not only alike.
      await sendTo(jaeger.otlpEndpoint);
      const both = await queryJaeger(jaeger.queryUrl).trace(traceId);
      expect(shownOf(both)).toEqual(shownOf(directly));
    },
    60_000,
  );
});
