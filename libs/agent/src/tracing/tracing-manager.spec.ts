import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { callIdentity, otelTraceId, spanIdOf } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/otlp';
import { event, hooked, inMemory } from './testing/tracing.js';
import { TracingManager } from './tracing-manager.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const idOf = (identity: string): string => spanIdOf(sha256Hex, traceId, identity);
const contextOf = (span: Span) => span.spanContext();

describe('a span of one event', () => {
  it('has the name, ids, start and attributes that the fold would give it', async () => {
    const { manager, spans } = inMemory();
    const span = manager.createSpanFromContext(
      event('pre_llm_call', { callId: 'c', parentCallId: 'p', data: { model: 'm-1', tries: 2 } }),
    );
    expect(contextOf(span)).toMatchObject({ traceId, spanId: idOf(callIdentity('c')), traceFlags: 1 });
    span.end(new Date(1_700_000_002_000));
    expect(await spans()).toMatchObject([
      {
        name: 'pre_llm_call:m-1',
        kind: SpanKind.CLIENT,
        startTime: [1_700_000_000, 0],
        duration: [2, 0],
        parentSpanContext: { traceId, spanId: idOf(callIdentity('p')) },
        attributes: {
          agent_id: 'agent',
          event_type: 'pre_llm_call',
          trace_id: traceId,
          model: 'm-1',
          tries: 2,
        },
        instrumentationScope: { name: 'kaizen-trace', version: '1' },
        resource: { attributes: { 'service.name': 'spec' } },
      },
    ]);
  });

  it("is under the span that it is given, in that one's trace, whatever its own", () => {
    const { manager } = inMemory();
    const parent = manager.createSpanFromContext(event('pre_agent_loop', { traceId: 'another run' }));
    const child = manager.createSpanFromContext(event('pre_tool_use'), parent);
    expect(contextOf(child).traceId).toBe(otelTraceId(sha256Hex, 'another run'));
    const { parentSpanContext } = child as unknown as { parentSpanContext: { spanId: string } };
    expect(parentSpanContext.spanId).toBe(contextOf(parent).spanId);
  });

  it('shows how its operation ended: status, exception once, duration, and the fields of the result', async () => {
    const { manager, spans } = inMemory();
    const worked = manager.createSpanFromContext(event('pre_tool_use', { data: { x: 1 } }));
    manager.updateSpanFromResult(worked, { success: true, durationMs: 12.5, data: { x: 2, y: 3 } });
    worked.end();
    const failed = manager.createSpanFromContext(event('pre_tool_use', { timestamp: new Date() }));
    const error = new RangeError('too far');
    manager.recordException(failed, error);
    manager.updateSpanFromResult(failed, { success: false, error: 'too far', errorType: 'RangeError' });
    failed.end();
    manager.recordException(failed, 'later');
    const [first, second] = await spans();
    expect(first).toMatchObject({
      status: { code: SpanStatusCode.OK },
      attributes: { x: 1, y: 3, duration_ms: 12.5 },
      events: [],
    });
    expect(second).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'too far' } });
    expect(second?.events).toMatchObject([
      {
        name: 'exception',
        attributes: { 'exception.type': 'RangeError', 'exception.stacktrace': error.stack },
      },
    ]);
    expect(second?.attributes.duration_ms).toBeGreaterThanOrEqual(0);
    expect(second?.attributes.duration_ms).toBeLessThan(5_000);
  });

  it('masks secrets, also in errors', async () => {
    const { manager, spans } = inMemory();
    const span = manager.createSpanFromContext(event('pre_tool_use', { data: { api_key: 'k-123456' } }));
    manager.recordException(span, new Error('authorization: Bearer abcdefghijklmnop0123456789'));
    span.end();
    const [shown] = await spans();
    expect(JSON.stringify([shown?.attributes, shown?.status, shown?.events])).not.toMatch(
      /k-123456|abcdefghijklmnop/,
    );
  });

  it('records nothing where the event is refused, and says so', () => {
    const { manager, problems } = inMemory();
    const span = manager.createSpanFromContext(event('pre_'));
    expect(span.isRecording()).toBe(false);
    manager.updateSpanFromResult(span, { success: true });
    expect(problems).toEqual([
      'kaizen-trace: an event was refused: eventType must name a kind after its prefix',
    ]);
    expect(manager.stats().refusedEvents).toBe(1);
  });
});

describe('the queue', () => {
  it('drops what does not fit, counts it, and says so once', async () => {
    const { manager, hook, problems } = hooked({}, { batchSize: 1 });
    for (let n = 0; n < 5_000; n += 1) hook.handle(event('note'));
    expect(manager.stats()).toMatchObject({ ended: 5_000, pending: 2_049, dropped: 2_951 });
    expect(await manager.forceFlush(5)).toBe(true);
    expect(manager.stats()).toMatchObject({ exported: 2_049, pending: 0, dropped: 2_951 });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the queue of 2048 is full');
  });

  it('counts what an exporter does not take, whether it says so, throws or never answers', async () => {
    const done = { shutdown: () => Promise.resolve() };
    const exporters = [
      {
        ...done,
        export: (_: unknown, answer: (result: { code: number; error: Error }) => void) =>
          answer({ code: 1, error: new Error('full') }),
      },
      {
        ...done,
        export: () => {
          throw new Error('broken');
        },
      },
      { ...done, export: () => undefined },
    ];
    const said: string[] = [];
    for (const exporter of exporters) {
      const { manager, hook, problems } = hooked({}, { exporter, exportTimeoutMs: 30 });
      hook.handle(event('note'));
      expect(await manager.forceFlush(5)).toBe(false);
      expect(manager.stats()).toMatchObject({ ended: 1, failed: 1, exported: 0, pending: 0 });
      said.push(...problems);
    }
    expect(said.map((text) => /full|broken|in time/.exec(text)?.[0])).toEqual(['full', 'broken', 'in time']);
  });

  it('waits for a batch that is on its way already', async () => {
    let answer: (() => void) | undefined;
    const exporter = {
      export: (_: unknown, done: (result: { code: number }) => void) => (answer = () => done({ code: 0 })),
      shutdown: () => Promise.resolve(),
    };
    const { manager, hook } = hooked({}, { exporter, maxExportBatchSize: 1 });
    hook.handle(event('note'));
    expect(manager.stats().pending).toBe(1);
    expect(await manager.forceFlush(0.02)).toBe(false);
    setTimeout(() => answer?.(), 20);
    expect(await manager.forceFlush(5)).toBe(true);
  });
});

describe('the end of a manager', () => {
  it('is the same however often and from where it is called, and afterwards nothing happens', async () => {
    const { manager, hook } = hooked();
    hook.handle(event('note'));
    expect(await Promise.all([manager.shutdown(5), manager.shutdown(5), manager.forceFlush(5)])).toEqual([
      true,
      true,
      true,
    ]);
    expect(await manager.shutdown()).toBe(true);
    expect(await manager.forceFlush()).toBe(true);
    expect(manager.createSpanFromContext(event('note')).isRecording()).toBe(false);
    expect(hook.handle(event('note')).success).toBe(false);
    expect(manager.stats()).toMatchObject({ ended: 1, exported: 1 });
  });

  it('keeps its time where the backend takes the connection and never answers', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const problems: string[] = [];
    const manager = new TracingManager({
      jaegerHost: '127.0.0.1',
      jaegerPort: (server.address() as AddressInfo).port,
      environment: {},
      endWithProcess: false,
      onProblem: (text) => problems.push(text),
    });
    manager.createSpanFromContext(event('note')).end();
    for (const end of [
      () => manager.forceFlush(0.1),
      () => manager.shutdown(0.2),
      () => manager.shutdown(0.1),
    ]) {
      const began = performance.now();
      expect(await end()).toBe(false);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
    // What was given up is counted, not forgotten.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(manager.stats()).toMatchObject({ ended: 1, failed: 1, pending: 0 });
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  it('does not wait where nothing listens, and says what to look at', async () => {
    const problems: string[] = [];
    const manager = new TracingManager({
      jaegerPort: 1,
      environment: {},
      endWithProcess: false,
      onProblem: (text) => problems.push(text),
    });
    manager.createSpanFromContext(event('note')).end();
    const began = performance.now();
    expect(await manager.shutdown(20)).toBe(false);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('nothing listens on localhost:1: is the backend up, is the port 4317?');
  });
});

describe('sampling', () => {
  it('goes by OTEL_TRACES_SAMPLER, for whole traces', async () => {
    const sampler = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' };
    const { manager, hook, spans } = hooked({}, { environment: sampler });
    for (let n = 0; n < 100; n += 1) {
      const of = { traceId: sha256Hex(String(n)).slice(0, 32) };
      hook.handle(event('pre_agent_loop', of));
      hook.handle(event('pre_tool_use', of));
      hook.handle(event('post_tool_use', of));
      hook.handle(event('post_agent_loop', of));
    }
    const perTrace = new Map<string, number>();
    for (const span of await spans()) {
      const { traceId: of } = span.spanContext();
      perTrace.set(of, (perTrace.get(of) ?? 0) + 1);
    }
    expect(new Set(perTrace.values())).toEqual(new Set([4]));
    expect(perTrace.size).toBeGreaterThan(25);
    expect(perTrace.size).toBeLessThan(75);
    expect(manager.stats()).toMatchObject({ ended: 400, notSampled: 400 - 4 * perTrace.size });
  });

  it('leaves out everything when told so', async () => {
    for (const environment of [{ OTEL_TRACES_SAMPLER: 'always_off' }, { OTEL_SDK_DISABLED: 'true' }]) {
      const { hook, spans, manager } = hooked({}, { environment });
      expect(hook.handle(event('note'))).toMatchObject({ success: true });
      const span = manager.createSpanFromContext(event('note'));
      expect(contextOf(span).traceFlags & TraceFlags.SAMPLED).toBe(0);
      span.end();
      expect(await spans()).toEqual([]);
    }
  });
});
