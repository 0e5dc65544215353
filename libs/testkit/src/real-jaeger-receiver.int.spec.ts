import { randomUUID } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { describeReal, eventually, queryJaeger, realJaeger, type JaegerTrace } from './index.js';

/** A protobuf field of bytes: tag, length (below 128), content. */
const field = (number: number, content: Uint8Array): Uint8Array =>
  Uint8Array.from([(number << 3) | 2, content.length, ...content]);
const fixed64 = (number: number, value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(9);
  bytes[0] = (number << 3) | 1;
  bytes.writeBigUInt64LE(value, 1);
  return bytes;
};
const join = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);
const text = (value: string): Uint8Array => Buffer.from(value);

/** The smallest `ExportTraceServiceRequest` with one span. */
const oneSpan = (service: string, traceId: string): Uint8Array => {
  const now = BigInt(Date.now()) * 1_000_000n;
  const attribute = join(field(1, text('service.name')), field(2, field(1, text(service))));
  const span = join(
    field(1, Buffer.from(traceId, 'hex')),
    field(2, Buffer.from('00f067aa0ba902b7', 'hex')),
    field(5, text('pre_tool_use')),
    fixed64(7, now),
    fixed64(8, now + 1_000_000n),
  );
  return field(1, join(field(1, field(1, attribute)), field(2, field(2, span))));
};

await describeReal('Jaeger on the span topic', ['kafka', 'jaeger'], ({ kafka }) => {
  it('reads, with its own Kafka receiver, what a transaction of the pipeline has committed', async () => {
    const topicPrefix = `receiver-${randomUUID()}.`;
    const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix, partitions: 1 });
    const traceId = randomUUID().replaceAll('-', '');
    const member = await log.assemblers({ group: randomUUID() }).join(async (lease) => {
      const outcome = await lease.acquire();
      if (outcome.type !== 'acquired') throw outcome.cause;
      const { owned } = outcome;
      const spans = [oneSpan('receiver-test', traceId)];
      const nextOffset = owned.bounds.end;
      const { type } = await owned.commit({ spans, state: [], deadLetters: [], nextOffset });
      expect(type).toBe('committed');
    });
    const topic = `${topicPrefix}spans`;
    const jaeger = await realJaeger({ kafkaReceiver: { brokers: kafka.brokers, topic } });
    try {
      const query = queryJaeger(jaeger.queryUrl);
      let trace: JaegerTrace | undefined;
      await eventually('Jaeger shows the trace', 30_000, async () => {
        trace = await query.trace(traceId);
        return trace !== undefined;
      });
      expect(trace?.spans.map(({ operationName }) => operationName)).toEqual(['pre_tool_use']);
      expect(await query.services()).toContain('receiver-test');
    } finally {
      await jaeger.stop();
      await member.leave();
      await log.close();
    }
  }, 90_000);
});
