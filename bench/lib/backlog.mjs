/** A backlog on a real Kafka, and one assembler process that drains it exactly once. */
import { encodeEvent } from '@kaizen-trace/codec';
import { generateEvents } from './events.mjs';
import { freePorts, startService, temporaryFolder, until } from './processes.mjs';

/** Appends so many generated events. */
export const fill = async (log, events) => {
  let batch = [];
  const send = async () => {
    const outcome = await log.events.append(batch);
    if (outcome.type !== 'appended') throw new Error(`append: ${outcome.type}`, { cause: outcome.cause });
    batch = [];
  };
  for (const event of generateEvents(events)) {
    batch.push({ key: Buffer.from(event.traceId), value: encodeEvent(event).bytes });
    if (batch.length === 5000) await send();
  }
  if (batch.length > 0) await send();
};

/** Drains what the log holds, by the assembler's own count of what it has committed. */
export const drain = async (log, { brokers, prefix, partitions }) => {
  const ends = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) =>
      Number((await log.events.bounds(partition)).end),
    ),
  );
  const folder = temporaryFolder();
  const [port] = await freePorts(1);
  const service = startService('apps/span-assembler/dist/main.js', [], {
    KAFKA_BROKERS: brokers.join(','),
    KAIZEN_TOPIC_PREFIX: prefix,
    KAIZEN_STATE_DIR: folder.path,
    KAIZEN_ASSEMBLER_PORT: String(port),
  });
  const url = `http://127.0.0.1:${port}`;
  const committed = async () => {
    const text = await fetch(`${url}/metrics`).then(
      (answer) => answer.text(),
      () => '',
    );
    const found = /kaizen_assembler_records_total(?:\{[^}]*\})? (\d+)/.exec(text);
    return found ? Number(found[1]) : 0;
  };
  const options = { alive: service.assertAlive, everyMs: 500 };
  const began = await until(async () => ((await committed()) > 0 ? performance.now() : undefined), {
    ...options,
    everyMs: 10,
  });
  const cpuBefore = service.cpuSeconds();
  const first = await committed();
  const total = ends.reduce((sum, end) => sum + end, 0);
  await until(async () => (await committed()) >= total, options);
  const seconds = (performance.now() - began) / 1000;
  const figures = {
    seconds,
    rate: (total - first) / seconds,
    cpu: service.cpuSeconds(),
    cpuBefore,
    ...service.memory(),
  };
  await service.stop();
  folder.remove();
  return figures;
};
