import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { nanos, type OtelTraceId, type SpanId, type SpanRecord } from '@kaizen-trace/contracts';
import { describeReal, queryJaeger } from '@kaizen-trace/testkit';
import { createOtlpClient, describeOtlpFailure, encodeSpans } from './index.js';
import { simple } from './testing/span-arbitraries.js';

const spanOf = (part: Partial<SpanRecord>): SpanRecord => {
  const start = BigInt(Date.now()) * 1_000_000n;
  return {
    ...simple,
    traceId: randomBytes(16).toString('hex') as OtelTraceId,
    spanId: randomBytes(8).toString('hex') as SpanId,
    serviceName: `otlp-client-${randomBytes(4).toString('hex')}`,
    start: nanos(start),
    end: nanos(start + 2_000_000n),
    ...part,
  };
};

await describeReal('an export to a real Jaeger', ['jaeger'], ({ jaeger }) => {
  it('shows the span as the record says, and once however often it is sent', async () => {
    const client = createOtlpClient({ endpoint: jaeger.otlpEndpoint, insecure: true });
    const span = spanOf({});
    for (let i = 0; i < 3; i++)
      expect(await client.export(encodeSpans([span]))).toEqual({ type: 'accepted' });
    client.close();
    const trace = await queryJaeger(jaeger.queryUrl).trace(span.traceId);
    expect(trace?.spans).toHaveLength(1);
    const [shown] = trace!.spans;
    expect(shown).toMatchObject({
      traceID: span.traceId,
      spanID: span.spanId,
      operationName: span.name,
      startTime: Number(span.start / 1000n),
      duration: 2000,
    });
    expect(trace!.processes[shown!.processID]).toEqual({ serviceName: span.serviceName, tags: [] });
    const tags = Object.fromEntries(shown!.tags.map(({ key, type, value }) => [key, { type, value }]));
    expect(tags).toMatchObject({
      agent_id: { type: 'string', value: 'a-1' },
      results: { type: 'int64', value: 3 },
      tokens: { type: 'int64', value: -7 },
      score: { type: 'float64', value: 0.5 },
      cached: { type: 'bool', value: false },
      tags: { type: 'string', value: '["x","ü"]' },
      'otel.scope.name': { type: 'string', value: 'kaizen-trace' },
      'otel.scope.version': { type: 'string', value: '1' },
      'otel.status_code': { type: 'string', value: 'ERROR' },
      'otel.status_description': { type: 'string', value: 'no such page' },
    });
  });

  it("says that Jaeger's user interface is not its OTLP port", async () => {
    const endpoint = new URL(jaeger.queryUrl).host;
    const client = createOtlpClient({ endpoint, insecure: true });
    const outcome = await client.export(encodeSpans([spanOf({})]));
    client.close();
    expect(describeOtlpFailure(outcome, endpoint)).toContain('speaks HTTP, not OTLP gRPC: use 4317');
  });
});
