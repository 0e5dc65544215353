import { describe, expect, it, jest } from '@jest/globals';
import type { Span } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { maxEventBytes } from '@kaizen-trace/contracts';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import type { Redactor } from '@kaizen-trace/redaction';
import { event, hooked, inMemory } from './testing/tracing.js';

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const throwing = (): never => {
  throw new RangeError('not now');
};
/** Throws at whatever is done with it. */
const unreadable: unknown = new Proxy(
  {},
  { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing },
);

/** Whatever ends the process unless it is caught. */
const uncaughtDuring = async (work: () => Promise<void>): Promise<readonly unknown[]> => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  const kinds = ['uncaughtException', 'unhandledRejection'] as const;
  for (const kind of kinds) process.on(kind, note);
  await work();
  await wait(20);
  for (const kind of kinds) process.off(kind, note);
  return uncaught;
};

describe('what an agent hands to a manager', () => {
  it('and cannot be read gives a span that records nothing, or changes none, and is told', () => {
    const { manager, problems } = inMemory();
    const span = manager.createSpanFromContext(event('pre_tool_use'));
    const [noSpan, noResult] = [unreadable as Span, unreadable as never];
    expect(manager.createSpanFromContext(event('note'), noSpan).isRecording()).toBe(false);
    expect(manager.createSpanFromContext(noResult).isRecording()).toBe(false);
    for (const wrong of [undefined as never, noResult]) {
      manager.updateSpanFromResult(span, wrong);
      manager.updateSpanFromResult(wrong, { success: true });
      manager.recordException(wrong, new Error('x'));
    }
    manager.recordException(span, unreadable);
    expect(span.isRecording()).toBe(true);
    expect(problems.filter((text) => text.includes('RangeError'))).toHaveLength(1);
    expect(problems.join()).not.toContain('not now');
  });

  it('to mask with, and throws, gives no span', () => {
    const redaction: Redactor = { event: throwing, fields: throwing, json: throwing };
    const { manager, hook } = hooked({}, { redaction });
    expect(manager.createSpanFromContext(event('note')).isRecording()).toBe(false);
    expect(hook.handle(event('note'))).toMatchObject({ success: false, errorType: 'InvalidEvent' });
  });

  it.each([
    ['throws', throwing],
    ['decides nothing', (): never => undefined as never],
  ])('to sample with, and %s, takes every span, and is told', async (_, shouldSample) => {
    const { manager, hook, spans, problems } = hooked({}, { sampler: { shouldSample } });
    hook.handle(event('note'));
    manager.createSpanFromContext(event('note', { parentCallId: 'p' })).end();
    expect(await spans()).toHaveLength(2);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('the sampler failed');
  });
});

describe('a sampler of the agent’s own', () => {
  it('adds what a span can hold, and costs no span where it adds something else', async () => {
    const odd = { deep: { a: 1 }, nothing: null, big: 1n, holes: [null], bigs: [1n], good: ['a'] };
    const sampler = { shouldSample: () => ({ decision: 2, attributes: odd as never }) };
    const { hook, records } = hooked({}, { sampler });
    hook.handle(event('note'));
    const [span] = await records();
    expect(span?.attributes.slice(3)).toEqual([['good', ['a']]]);
    expect(() => createSpanBatcher().add(span!)).not.toThrow();
  });
});

describe('an exporter of the agent’s own', () => {
  type Answer = Parameters<SpanExporter['export']>[1];
  const later = (done: Answer, result: unknown): void => void setTimeout(() => done(result as never), 1);
  it.each([
    ['answers nothing', (_: unknown, done: Answer) => later(done, undefined)],
    ['answers what cannot be read', (_: unknown, done: Answer) => later(done, unreadable)],
    [
      'fails with what cannot be read',
      (_: unknown, done: Answer) => later(done, { code: 1, error: unreadable }),
    ],
    ['throws what cannot be read', () => Promise.reject(unreadable as Error)],
    ['is an async function that rejects', () => Promise.reject(new Error('no'))],
  ])('that %s neither ends the process nor is waited for', async (_, exporting) => {
    const exporter = { export: exporting, shutdown: throwing } as unknown as SpanExporter;
    const { manager, hook } = hooked({}, { exporter });
    hook.handle(event('note'));
    const uncaught = await uncaughtDuring(async () => {
      const began = performance.now();
      expect(await manager.forceFlush(5)).toBe(false);
      expect(performance.now() - began).toBeLessThan(1_000);
    });
    expect(uncaught).toEqual([]);
    expect(manager.stats()).toMatchObject({ ended: 1, failed: 1, pending: 0 });
    await manager.shutdown(1);
  });

  it('may take as long as there is time, however long that is', async () => {
    const armed = jest.spyOn(globalThis, 'setTimeout');
    const environments = [{ OTEL_BSP_EXPORT_TIMEOUT: '0' }, { OTEL_BSP_EXPORT_TIMEOUT: '2147483647' }];
    for (const environment of environments) {
      const exporter = {
        export: (_: unknown, done: Answer) =>
          void setTimeout(() => done({ code: ExportResultCode.SUCCESS }), 30),
        shutdown: () => Promise.resolve(),
      };
      const { manager, hook } = hooked({}, { exporter, environment });
      hook.handle(event('note'));
      expect(await manager.forceFlush(5)).toBe(true);
      expect(manager.stats()).toMatchObject({ exported: 1, failed: 0 });
    }
    // Beyond it a timer fires at once.
    for (const [, ms = 0] of armed.mock.calls) expect(ms).toBeLessThanOrEqual(2 ** 31 - 1);
    armed.mockRestore();
  });
});

describe('what an agent hands to a hook', () => {
  it('is refused where publishing would refuse it for its size, so that no open operation holds more', () => {
    const { hook, manager } = hooked();
    const of = (text: string, in_: 'data' | 'metadata' = 'data') =>
      hook.handle(event('pre_tool_use', { [in_]: { nested: [{ text }] } }));
    expect(of('x'.repeat(maxEventBytes - 100))).toMatchObject({ success: true });
    for (const part of ['data', 'metadata'] as const)
      expect(of('x'.repeat(maxEventBytes), part)).toMatchObject({
        success: false,
        error: expect.stringContaining('is too large') as unknown,
      });
    expect(manager.stats().refusedEvents).toBe(2);
  });

  it('is absent where it is null, in every field', async () => {
    const { hook, records } = hooked();
    const nothing = {
      ...{ traceId: null, timestamp: null, data: null, metadata: null, eventId: null, callId: null },
      ...{ parentCallId: null, serviceName: null, result: null },
    };
    expect(hook.handle({ eventType: 'note', agentId: 'a', ...nothing } as never)).toMatchObject({
      success: true,
    });
    expect(await records()).toMatchObject([{ name: 'note', serviceName: 'spec', status: { code: 'unset' } }]);
  });

  it('may throw when it is redacted, whatever it throws', () => {
    const { hook } = hooked({
      redact: () => {
        throw unreadable as Error;
      },
    });
    expect(hook.handle(event('note'))).toMatchObject({ success: false });
  });

  it('as its clock does not end the process where that fails at a deadline', async () => {
    let fails = false;
    const { hook, records } = hooked({ reorderGraceMs: 10, now: () => (fails ? throwing() : Date.now()) });
    const uncaught = await uncaughtDuring(async () => {
      hook.handle(event('post_tool_use'));
      fails = true;
      await wait(40);
    });
    expect(uncaught).toEqual([]);
    fails = false;
    await wait(120);
    expect(await records()).toHaveLength(1);
  });
});
