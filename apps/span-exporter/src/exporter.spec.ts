import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { openEmbeddedLog } from '@kaizen-trace/adapter-embedded';
import { encodeSpans, splitTraceRequest } from '@kaizen-trace/otlp';
import { offset, readDeadLetterHeaders, type LogConnection } from '@kaizen-trace/ports';
import {
  acceptSpans,
  eventually,
  failWith,
  scanEverything,
  startOtlpBackend,
  type OtlpAnswer,
} from '@kaizen-trace/testkit';
import { openExporter, type Exporter, type ExporterOptions } from './index.js';
import { recordingLogger, spanOf } from './testing/spans.js';
import { writeSpans } from './testing/write-spans.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each();
});

const embeddedLog = async (partitions = 2): Promise<LogConnection> => {
  const directory = await mkdtemp(join(tmpdir(), 'kaizen-exporter-'));
  const log = await openEmbeddedLog({ directory, partitions });
  cleanUp.push(() => log.close().then(() => rm(directory, { recursive: true })));
  return log;
};

/** Requests with spans in them: an empty one only asks whether the backend is there. */
const backend = async (answer: OtlpAnswer, port?: number) => {
  const requests: Buffer[] = [];
  const started = await startOtlpBackend((call, respond) => {
    if (call.request.length > 0) requests.push(call.request);
    answer(call, respond);
  }, port);
  cleanUp.push(() => started.stop());
  return { endpoint: started.endpoint, requests };
};

const exporterOf = async (
  log: LogConnection,
  endpoint: string,
  options: Partial<ExporterOptions> = {},
): Promise<Exporter> => {
  const exporter = await openExporter({
    spans: (announcement) => log.spans({ group: 'kaizen-exporter', announcement }),
    spansTopic: 'kaizen.spans',
    client: { endpoint, insecure: true },
    logger: recordingLogger().logger,
    host: '127.0.0.1',
    port: 0,
    backoff: { firstMs: 10, maxMs: 50 },
    drainMs: 200,
    ...options,
  });
  cleanUp.push(() => exporter.close());
  return exporter;
};

const messagesOf = (count: number, partitions = 2) =>
  Array.from({ length: count }, (_, i) => {
    const span = spanOf('agents', `span ${i}`);
    return { span, partition: i % partitions, bytes: encodeSpans([span]) };
  });

const write = (log: LogConnection, messages: ReturnType<typeof messagesOf>): Promise<void> =>
  writeSpans(
    log.assemblers({ group: 'kaizen-assembler' }),
    messages.map(({ partition, bytes }) => [partition, bytes]),
  );

const until = (condition: () => Promise<boolean> | boolean): Promise<void> =>
  eventually(`it holds that ${condition.toString()}`, 15_000, condition);

const namesOf = (requests: readonly Uint8Array[]): readonly string[] =>
  requests.flatMap((bytes) => {
    const outcome = splitTraceRequest(bytes);
    return outcome.type === 'split'
      ? outcome.groups.flatMap(({ spans }) => spans.map(({ name }) => name))
      : [];
  });

const sampleOf = async ({ url }: Exporter, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1) ?? Number.NaN);
};

describe('the exporter', () => {
  it('sends every message of the span log as it stands, and none again after a restart', async () => {
    const log = await embeddedLog();
    const messages = messagesOf(40);
    await write(log, messages);
    const { endpoint, requests } = await backend(acceptSpans);
    const first = await exporterOf(log, endpoint);
    await until(() => requests.length === 40);
    await first.close();
    const sent = new Set(requests.map((each) => each.toString('hex')));
    expect(sent).toEqual(new Set(messages.map(({ bytes }) => Buffer.from(bytes).toString('hex'))));

    const more = messagesOf(2);
    await write(log, more);
    await exporterOf(log, endpoint);
    await until(() => requests.length >= 42);
    await sleep(100);
    expect(namesOf(requests.slice(40)).toSorted()).toEqual(['span 0', 'span 1']);
    expect(requests).toHaveLength(42);
  });

  it('loses nothing while the backend is away, and goes on by itself when it is back', async () => {
    const log = await embeddedLog();
    const gone = await startOtlpBackend(acceptSpans);
    gone.stop();
    await write(log, messagesOf(30));
    const exporter = await exporterOf(log, gone.endpoint);
    await until(async () => (await sampleOf(exporter, 'kaizen_exporter_retries_total')) > 5);
    const readiness = await fetch(`${exporter.url}/readyz`);
    expect(readiness.status).toBe(503);
    expect(await readiness.text()).toContain(`nothing listens on ${gone.endpoint}`);
    expect(await sampleOf(exporter, 'kaizen_exporter_backend_up')).toBe(0);

    const { requests } = await backend(acceptSpans, gone.port);
    await until(() => new Set(namesOf(requests)).size === 30);
    await until(async () => (await fetch(`${exporter.url}/readyz`)).status === 200);
    expect(await sampleOf(exporter, 'kaizen_exporter_spans_total{outcome="accepted"')).toBe(30);
    expect(await scanEverything(log.deadLetters)).toEqual([]);
  });

  it('puts what is refused for good into the dead letters, whole, with why and from where, and goes on', async () => {
    const log = await embeddedLog(1);
    const messages = messagesOf(9, 1);
    await write(log, messages);
    const refuse = failWith(status.INVALID_ARGUMENT, { message: 'bad span' });
    const partial = Buffer.from([0x0a, 6, 0x08, 1, 0x12, 2, 0x6e, 0x6f]);
    const { endpoint } = await backend((call, answer) => {
      const [name] = namesOf([call.request]);
      if (name === 'span 3') refuse(call, answer);
      else if (name === 'span 5') answer(null, partial);
      else acceptSpans(call, answer);
    });
    const exporter = await exporterOf(log, endpoint);
    await until(async () => (await sampleOf(exporter, 'kaizen_exporter_next_offset')) === 9);
    const letters = await scanEverything(log.deadLetters);
    expect(letters.map(({ value }) => value && namesOf([value]))).toEqual([['span 3'], ['span 5']]);
    expect(letters.map(({ headers }) => readDeadLetterHeaders(headers))).toEqual([
      {
        topic: 'kaizen.spans',
        partition: '0',
        offset: '3',
        stage: 'export',
        errorClass: 'INVALID_ARGUMENT',
        message: 'INVALID_ARGUMENT: bad span',
      },
      expect.objectContaining({ offset: '5', errorClass: 'PARTIAL_SUCCESS', message: 'no' }),
    ]);
    expect(Buffer.compare(letters[0]!.value!, messages[3]!.bytes)).toBe(0);
    expect(await sampleOf(exporter, 'kaizen_exporter_spans_total{outcome="accepted"')).toBe(7);
    expect(await sampleOf(exporter, 'kaizen_exporter_spans_total{outcome="rejected"')).toBe(2);
  });

  it('acknowledges nothing beyond a message that the backend has not taken yet', async () => {
    const log = await embeddedLog(1);
    await write(log, messagesOf(12, 1));
    const away = failWith(status.UNAVAILABLE);
    const { endpoint, requests } = await backend((call, answer) => {
      if (namesOf([call.request])[0] === 'span 2') away(call, answer);
      else acceptSpans(call, answer);
    });
    const exporter = await exporterOf(log, endpoint, { window: 4 });
    await until(() => new Set(namesOf(requests)).size >= 6);
    await sleep(100);
    expect(await sampleOf(exporter, 'kaizen_exporter_next_offset')).toBe(2);
    // The window is full: offsets 2 to 5 are under way or wait, and nothing behind them was begun.
    expect(namesOf(requests)).not.toContain('span 6');
    await exporter.close();

    const well = await backend(acceptSpans);
    await exporterOf(log, well.endpoint);
    await until(() => well.requests.length === 10);
    expect(namesOf(well.requests)[0]).toBe('span 2');
  });

  it('shares the partitions with a second exporter, and hands all of them over when it leaves', async () => {
    const log = await embeddedLog(4);
    const { endpoint, requests } = await backend(acceptSpans);
    const first = await exporterOf(log, endpoint);
    await exporterOf(log, endpoint);
    await write(log, messagesOf(8, 4));
    await until(() => new Set(namesOf(requests)).size === 8);
    await first.close();
    await write(log, messagesOf(8, 4));
    await until(() => requests.length >= 16);
  });

  it('ends, with the reason, where spans are gone that it never exported', async () => {
    const log = await embeddedLog(1);
    await write(log, messagesOf(1, 1));
    const { endpoint } = await backend(acceptSpans);
    const spans = log.spans({ group: 'kaizen-exporter' });
    const trimmed: typeof spans = {
      ...spans,
      join: (hold) =>
        spans.join((partition) =>
          hold({ ...partition, committedOffset: offset(0n), bounds: { start: offset(5n), end: offset(9n) } }),
        ),
    };
    const exporter = await exporterOf(log, endpoint, { spans: () => trimmed });
    await expect(exporter.done).rejects.toThrow(/offset 0 is gone, the log now starts at 5/);
  });

  it('leaves in time while the backend is silent, and keeps the position', async () => {
    const log = await embeddedLog(1);
    await write(log, messagesOf(3, 1));
    const { endpoint, requests } = await backend(() => undefined);
    const exporter = await exporterOf(log, endpoint);
    await until(() => requests.length === 3);
    const startedAt = performance.now();
    await exporter.close();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await exporter.done;
    const well = await backend(acceptSpans);
    await exporterOf(log, well.endpoint);
    await until(() => well.requests.length === 3);
  });
});
