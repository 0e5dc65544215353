import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSpanBatcher, encodeSpans } from './index.js';
import { messageOf, requestOf } from './testing/otlp-proto.js';
import { simple, spanArbitrary } from './testing/span-arbitraries.js';

describe('a batch of spans', () => {
  it('never passes its limit, and loses, repeats and reorders nothing within a service', () => {
    fc.assert(
      fc.property(
        fc.array(spanArbitrary, { maxLength: 30 }),
        fc.integer({ min: 100, max: 4000 }),
        (spans, maxBytes) => {
          const batcher = createSpanBatcher({ maxBytes });
          for (const span of spans) batcher.add(span);
          const messages = batcher.take();
          const byService = new Map<string, object[]>();
          for (const message of messages) {
            const groups = requestOf(message).resourceSpans;
            const count = groups.flatMap(({ scopeSpans }) =>
              scopeSpans.flatMap(({ spans: of }) => of),
            ).length;
            expect(message.length <= maxBytes || count === 1).toBe(true);
            for (const { resource, scopeSpans } of groups) {
              const service = resource.attributes[0]!.value.stringValue as string;
              expect(scopeSpans[0]!.scope).toEqual({ name: 'kaizen-trace', version: '1', attributes: [] });
              byService.set(service, [...(byService.get(service) ?? []), ...scopeSpans[0]!.spans]);
            }
          }
          for (const service of new Set(spans.map(({ serviceName }) => serviceName))) {
            const expected = spans.filter(({ serviceName }) => serviceName === service).map(messageOf);
            expect(byService.get(service)).toEqual(expected);
          }
          expect(batcher.pendingSpans).toBe(0);
          expect(batcher.take()).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('fills its requests: few spans of one service never make many messages', () => {
    const batcher = createSpanBatcher({ maxBytes: 100_000 });
    for (let i = 0; i < 1000; i++) batcher.add(simple);
    const bytes = batcher.pendingBytes;
    expect(batcher.take()).toHaveLength(Math.ceil(bytes / 99_000));
  });

  it('sends a span over the limit alone, with its neighbours before and after it', () => {
    const large = { ...simple, attributes: [['text', 'x'.repeat(5000)] as const] };
    const batcher = createSpanBatcher({ maxBytes: 2000 });
    for (const span of [simple, large, simple]) batcher.add(span);
    expect(batcher.take().map((message) => message.length > 2000)).toEqual([false, true, false]);
  });

  it('gives every resource the attributes told, and counts their bytes', () => {
    const batcher = createSpanBatcher({ maxBytes: 3000, resourceAttributes: [['team', 'x'.repeat(900)]] });
    for (let i = 0; i < 6; i++) batcher.add({ ...simple, serviceName: `service ${i}` });
    const messages = batcher.take();
    expect(messages.every((message) => message.length <= 3000)).toBe(true);
    const resources = messages.flatMap((message) => requestOf(message).resourceSpans);
    expect(resources).toHaveLength(6);
    for (const { resource } of resources)
      expect(resource.attributes).toMatchObject([{ key: 'service.name' }, { key: 'team' }]);
  });

  it('is one request without spans: no bytes', () => {
    expect(encodeSpans([])).toHaveLength(0);
  });
});
