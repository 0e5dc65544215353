/** Drains a backlog on a real Kafka exactly once with one assembler process; beside it, the limit: reading it alone. */
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { decodeEvent } from '@kaizen-trace/codec';
import { splitTraceRequest } from '@kaizen-trace/otlp';
// Past the door of testkit, since that needs jest.
import { realKafka } from '../libs/testkit/dist/real-kafka.js';
import { drain, fill } from './lib/backlog.mjs';
import { count, measure } from './lib/measure.mjs';

const events = Number(process.env.BENCH_EVENTS ?? 1_000_000);
const partitions = 6;

const scanAll = async (reader, each) => {
  await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const { start, end } = await reader.bounds(partition);
      for await (const { records } of reader.scan({ partition, from: start, to: end })) records.forEach(each);
    }),
  );
};

const countSpans = async (log) => {
  const seen = new Set();
  let spans = 0;
  await scanAll(log.spans({ group: 'bench-look' }), ({ value }) => {
    for (const group of splitTraceRequest(value).groups)
      for (const span of group.spans) {
        spans++;
        seen.add(span.spanId + span.traceId);
      }
  });
  return { spans, unique: seen.size };
};

export const run = async () => {
  const kafka = await realKafka();
  const prefix = `bench-${process.pid}.`;
  const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix: prefix, partitions });
  try {
    const filled = await measure(() => fill(log, events));
    const read = await measure(() => scanAll(log.events, () => {}));
    const decoded = await measure(() => scanAll(log.events, ({ value }) => decodeEvent(value)));
    const drained = await drain(log, { brokers: kafka.brokers, prefix, partitions });
    const { spans, unique } = await countSpans(log);
    const per = (seconds) => count(events / seconds);
    const cpu = (seconds) => ((seconds / events) * 1e6).toFixed(1);
    return {
      title: `pipeline on Kafka: ${count(events)} events, ${partitions} partitions, one assembler process, exactly once`,
      rows: [
        ['what', 'events/s', 'CPU s / million', 'limit in DESIGN'],
        ['append to Kafka (with generating)', per(filled.seconds), cpu(filled.cpuSeconds), '70,000'],
        ['read only', per(read.seconds), cpu(read.cpuSeconds), '640,000'],
        ['read and decode', per(decoded.seconds), cpu(decoded.cpuSeconds), '380,000'],
        ['drain exactly once', count(drained.rate), cpu(drained.cpu), '≥ 50,000 (sketch: 60,000–79,000)'],
      ],
      notes: [
        `spans read_committed: ${count(spans)}, unique ${count(unique)}; ` +
          `memory: RssAnon ${drained.anonymous} MiB, RSS ${drained.rss} MiB, peak ${drained.peak} MiB`,
      ],
      figures: {
        drainRate: drained.rate,
        drainCpuPerMillion: (drained.cpu / events) * 1e6,
        rss: drained.rss,
        spans,
        unique,
      },
      ratios: { 'drain / read and decode': drained.rate / (events / decoded.seconds) },
    };
  } finally {
    await log.close();
    await kafka.stop();
  }
};
