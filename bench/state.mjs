/**
 * What open operations cost an assembler on Kafka: memory, a restart from the copy on its disk, a restore from the
 * changelog alone, and what an event costs while so many are open.
 */
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { encodeEvent } from '@kaizen-trace/codec';
import { micros } from '@kaizen-trace/contracts';
// Past the door of testkit, since that needs jest.
import { realKafka } from '../libs/testkit/dist/real-kafka.js';
import { generateEvents } from './lib/events.mjs';
import { count } from './lib/measure.mjs';
import { freePorts, metric, startService, temporaryFolder, until } from './lib/processes.mjs';
import { createRandom } from './lib/random.mjs';

const sizes = (process.env.BENCH_OPEN ?? '10000,100000,1000000').split(',').map(Number);
const liveEvents = Number(process.env.BENCH_EVENTS ?? 100_000);
const partitions = 6;
/** As the operating guide has it for little memory: V8 lets garbage lie where it is allowed more. */
const small = { KAIZEN_STATE_CACHE: '64MiB', NODE_OPTIONS: '--max-old-space-size=448' };

/** A PRE whose POST does not come, in a trace of its own: the most that one open operation can cost. */
const openingOf = (index, random) => {
  const traceId = `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-a${random.hex(3)}-${random.hex(12)}`;
  const event = {
    eventId: `open-${index}`,
    traceId,
    eventType: 'pre_tool_use',
    agentId: `agent-${index % 500}`,
    timestamp: micros(BigInt(Date.now()) * 1000n),
    callId: `call-${index}`,
    data: { tool_name: 'run_shell', input: 'x'.repeat(60), purpose: 'y'.repeat(20), priority: index % 100 },
    metadata: { session: 'z'.repeat(15) },
  };
  return { key: Buffer.from(traceId), value: encodeEvent(event).bytes };
};

const append = async (log, records) => {
  for (let from = 0; from < records.length; from += 5000) {
    const outcome = await log.events.append(records.slice(from, from + 5000));
    if (outcome.type !== 'appended') throw new Error(`append: ${outcome.type}`, { cause: outcome.cause });
  }
};

const openMany = async (log, size) => {
  const random = createRandom(7);
  for (let made = 0; made < size; made += 5000)
    await append(
      log,
      Array.from({ length: Math.min(5000, size - made) }, (_, index) => openingOf(made + index, random)),
    );
};

const startAssembler = async (environment) => {
  const [port] = await freePorts(1);
  const began = performance.now();
  const service = startService('apps/span-assembler/dist/main.js', [], {
    ...environment,
    KAIZEN_ASSEMBLER_PORT: String(port),
  });
  const url = `http://127.0.0.1:${port}`;
  const options = { alive: service.assertAlive, everyMs: 20 };
  const running = async () =>
    (await metric(url, 'kaizen_assembler_partition_running').catch(() => 0)) === partitions;
  await until(running, options);
  return { ...service, url, options, readySeconds: (performance.now() - began) / 1000 };
};

const committed = async (log, service) => {
  let end = 0;
  for (let partition = 0; partition < partitions; partition += 1)
    end += Number((await log.events.bounds(partition)).end);
  await until(
    async () => (await metric(service.url, 'kaizen_assembler_next_offset')) >= end,
    service.options,
  );
  // Until the last unit is committed and written.
  await new Promise((resolve) => setTimeout(resolve, 5000));
};

/** CPU microseconds of one event that pairs, while the others stay open. */
const liveCost = async (log, service) => {
  const records = [...generateEvents(liveEvents)].map((event) => ({
    key: Buffer.from(event.traceId),
    value: encodeEvent(event).bytes,
  }));
  const before = service.cpuSeconds();
  await append(log, records);
  await committed(log, service);
  return ((service.cpuSeconds() - before) / liveEvents) * 1e6;
};

const measureSize = async (kafka, size) => {
  const folder = temporaryFolder();
  const prefix = `bench-state-${process.pid}-${size}.`;
  const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix: prefix, partitions });
  const environment = (directory) => ({
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAIZEN_TOPIC_PREFIX: prefix,
    KAIZEN_STATE_DIR: `${folder.path}/${directory}`,
    ...small,
  });
  const withAssembler = async (directory, work) => {
    const service = await startAssembler(environment(directory));
    try {
      return await work(service);
    } finally {
      await service.stop();
    }
  };
  try {
    await openMany(log, size);
    const filled = await withAssembler('own', async (service) => {
      await committed(log, service);
      return service.memory();
    });
    const copy = await withAssembler('own', async (service) => ({
      seconds: service.readySeconds,
      memory: service.memory(),
      cost: await liveCost(log, service),
    }));
    const changelog = await withAssembler('lost', (service) =>
      Promise.resolve({ seconds: service.readySeconds, memory: service.memory() }),
    );
    return { size, filled, copy, changelog };
  } finally {
    await log.close();
    folder.remove();
  }
};

export const run = async () => {
  const kafka = await realKafka();
  try {
    const found = [];
    for (const size of sizes) found.push(await measureSize(kafka, size));
    const mib = ({ anonymous, rss }) => `${anonymous} (${rss})`;
    const [first] = found;
    const last = found.at(-1);
    return {
      title:
        'state on Kafka: operations open, each in a trace of its own, one assembler process with little memory',
      rows: [
        ['open', 'RssAnon (RSS) MiB', 'start from own copy', 'start from changelog', 'CPU µs an event'],
        ...found.map(({ size, filled, copy, changelog }) => [
          count(size),
          mib(filled),
          `${copy.seconds.toFixed(1)} s, ${mib(copy.memory)} MiB`,
          `${changelog.seconds.toFixed(1)} s, ${mib(changelog.memory)} MiB`,
          copy.cost.toFixed(0),
        ]),
      ],
      notes: ['a start is the whole process, from its spawn to the last partition that runs'],
      figures: Object.fromEntries(
        found.flatMap(({ size, filled, copy, changelog }) => [
          [`anonymous-${size}`, filled.anonymous],
          [`copySeconds-${size}`, copy.seconds],
          [`changelogSeconds-${size}`, changelog.seconds],
          [`cpuPerEvent-${size}`, copy.cost],
        ]),
      ),
      ratios: { 'CPU an event, most open / fewest': last.copy.cost / first.copy.cost },
    };
  } finally {
    await kafka.stop();
  }
};
