import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import type { LogConnection } from '@kaizen-trace/ports';
import { describeReal, eventually, queryJaeger } from '@kaizen-trace/testkit';
import { openExporter, type Exporter } from './index.js';
import { recordingLogger, spanOf } from './testing/spans.js';
import { writeSpans } from './testing/write-spans.js';

const patienceMs = 30_000;
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each();
});

const embeddedLog = async (): Promise<LogConnection> => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-exporter-'));
  const log = await openEmbeddedLog({ directory, partitions: 3 });
  cleanUp.push(() => log.close().then(() => rm(directory, { recursive: true })));
  return log;
};

const kafkaLog = async (brokers: readonly string[]): Promise<LogConnection> => {
  const topicPrefix = `exporter-${randomBytes(5).toString('hex')}.`;
  const log = await openKafkaLog({ brokers, topicPrefix, partitions: 3 });
  cleanUp.push(() => log.close());
  return log;
};

/** A group of the log's own: brokers are shared by many tests. */
const groupOf = (log: LogConnection): string => {
  const known = groups.get(log) ?? `exporter-${randomBytes(5).toString('hex')}`;
  groups.set(log, known);
  return known;
};
const groups = new WeakMap<LogConnection, string>();

const exporterOf = async (log: LogConnection, endpoint: string): Promise<Exporter> => {
  const exporter = await openExporter({
    spans: (announcement) => log.spans({ group: groupOf(log), announcement }),
    spansTopic: 'kaizen.spans',
    client: { endpoint, insecure: true },
    logger: recordingLogger().logger,
    host: '127.0.0.1',
    port: 0,
  });
  cleanUp.push(() => exporter.close());
  return exporter;
};

const runOf = (count: number) => {
  const service = `exporter-${randomBytes(5).toString('hex')}`;
  const { traceId } = spanOf(service, '');
  const spans = Array.from({ length: count }, (_, i) => ({ ...spanOf(service, `span ${i}`), traceId }));
  const batcher = createSpanBatcher({ maxBytes: 4_000 });
  for (const span of spans) batcher.add(span);
  return { traceId, spans, messages: batcher.take().map((bytes, i) => [i % 3, bytes] as const) };
};

const shownIds = async (queryUrl: string, traceId: string): Promise<readonly string[]> =>
  ((await queryJaeger(queryUrl).trace(traceId))?.spans ?? []).map(({ spanID }) => spanID).toSorted();

const untilShown = async (queryUrl: string, traceId: string, count: number): Promise<readonly string[]> => {
  let ids: readonly string[] = [];
  await eventually(`Jaeger shows ${count} spans`, patienceMs, async () => {
    ids = await shownIds(queryUrl, traceId).catch(() => []);
    return ids.length >= count;
  });
  return ids;
};

/** A line to a server that can be cut like a cable, and restored under the same address. */
const openRelay = async (target: string) => {
  const { hostname, port: targetPort } = new URL(`http://${target}`);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(targetPort), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy()).on('close', () => sockets.delete(one));
      one.pipe(other);
    }
  });
  const listen = (at: number): Promise<void> =>
    new Promise((resolve) => server.listen(at, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  cleanUp.push(cut);
  return { port, cut, restore: () => listen(port) };
};

await describeReal('the exporter with a real Jaeger', ['jaeger'], ({ jaeger }) => {
  it('shows there every span of the span log, each once', async () => {
    const log = await embeddedLog();
    const { traceId, spans, messages } = runOf(400);
    expect(messages.length).toBeGreaterThan(5);
    await writeSpans(log.assemblers({ group: `${groupOf(log)}-a` }), messages);
    const exporter = await exporterOf(log, jaeger.otlpEndpoint);
    const shown = await untilShown(jaeger.queryUrl, traceId, spans.length);
    expect(shown).toEqual(spans.map(({ spanId }) => spanId).toSorted());
    expect((await fetch(`${exporter.url}/readyz`)).status).toBe(200);
  }, 60_000);

  it('keeps the spans, and says why, when it is pointed at the user interface', async () => {
    const log = await embeddedLog();
    const { traceId, spans, messages } = runOf(5);
    await writeSpans(log.assemblers({ group: `${groupOf(log)}-a` }), messages);
    const wrong = await exporterOf(log, new URL(jaeger.queryUrl).host);
    const readiness = await fetch(`${wrong.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.text()).toContain('speaks HTTP, not OTLP gRPC: use 4317');
    await wrong.close();
    await exporterOf(log, jaeger.otlpEndpoint);
    expect(await untilShown(jaeger.queryUrl, traceId, spans.length)).toHaveLength(spans.length);
  }, 60_000);

  it('loses nothing while Jaeger cannot be reached, and goes on without a restart', async () => {
    const log = await embeddedLog();
    const relay = await openRelay(jaeger.otlpEndpoint);
    const exporter = await exporterOf(log, `127.0.0.1:${relay.port}`);
    const before = runOf(30);
    await writeSpans(log.assemblers({ group: `${groupOf(log)}-a` }), before.messages);
    expect(await untilShown(jaeger.queryUrl, before.traceId, 30)).toHaveLength(30);

    relay.cut();
    const during = runOf(90);
    await writeSpans(log.assemblers({ group: `${groupOf(log)}-a` }), during.messages);
    await eventually('the exporter is not ready', patienceMs, async () =>
      fetch(`${exporter.url}/readyz`).then(({ status }) => status === 503),
    );
    expect(await shownIds(jaeger.queryUrl, during.traceId)).toEqual([]);

    await relay.restore();
    expect(await untilShown(jaeger.queryUrl, during.traceId, 90)).toEqual(
      during.spans.map(({ spanId }) => spanId).toSorted(),
    );
  }, 120_000);
});

await describeReal(
  'the exporter between a real Kafka and a real Jaeger',
  ['kafka', 'jaeger'],
  ({ kafka, jaeger }) => {
    it('shows every span of the topic, each once, and goes on where it stood after a restart', async () => {
      const log = await kafkaLog(kafka.brokers);
      const first = runOf(200);
      await writeSpans(log.assemblers({ group: `${groupOf(log)}-a` }), first.messages);
      const exporter = await exporterOf(log, jaeger.otlpEndpoint);
      expect(await untilShown(jaeger.queryUrl, first.traceId, 200)).toEqual(
        first.spans.map(({ spanId }) => spanId).toSorted(),
      );
      await exporter.close();

      const second = runOf(50);
      await writeSpans(log.assemblers({ group: `${groupOf(log)}-a` }), second.messages);
      const next = await exporterOf(log, jaeger.otlpEndpoint);
      expect(await untilShown(jaeger.queryUrl, second.traceId, 50)).toHaveLength(50);
      const samples = await (await fetch(`${next.url}/metrics`)).text();
      expect(samples).toMatch(/kaizen_exporter_spans_total\{outcome="accepted".*\} 50\n/);
    }, 60_000);
  },
);
