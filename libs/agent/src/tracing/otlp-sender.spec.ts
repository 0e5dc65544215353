import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ServerCredentials, status } from '@grpc/grpc-js';
import { trace } from '@opentelemetry/api';
import { countSpans, decodeSpan, encodeSpans, splitTraceRequest } from '@kaizen-trace/otlp';
import { acceptSpans, failWith, freePorts, selfSigned, startOtlpBackend } from '@kaizen-trace/testkit';
import type { OtlpAnswer, OtlpBackend } from '@kaizen-trace/testkit';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { OtlpSender } from './otlp-sender.js';
import { recordOf } from './record-of-span.js';
import { event, hooked, run } from './testing/tracing.js';
import { TracingHook } from './tracing-hook.js';
import type { TracingManagerInit } from './tracing-manager.js';
import { TracingManager } from './tracing-manager.js';

const backends: OtlpBackend[] = [];
const managers: TracingManager[] = [];
afterEach(async () => {
  for (const backend of backends.splice(0)) backend.stop();
  await Promise.all(managers.splice(0).map((manager) => manager.shutdown(0.1)));
});

const backendOf = async (
  answer: OtlpAnswer,
  credentials?: ServerCredentials,
  port = 0,
): Promise<OtlpBackend> => {
  const backend = await startOtlpBackend(answer, port, credentials);
  backends.push(backend);
  return backend;
};

const managerOf = (port: number, options: TracingManagerInit = {}) => {
  const problems: string[] = [];
  const manager = new TracingManager({
    serviceName: 'spec',
    jaegerHost: 'localhost',
    jaegerPort: port,
    environment: {},
    endWithProcess: false,
    onProblem: (text) => problems.push(text),
    ...options,
  });
  managers.push(manager);
  return { manager, hook: new TracingHook({ tracingManager: manager }), problems };
};

const certificateOf = ({ certificate, key }: ReturnType<typeof selfSigned>) => [
  { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) },
];

const countOf = ({ requests }: OtlpBackend): number =>
  requests.reduce((sum, request) => sum + countSpans(request), 0);

const spansOf = ({ requests }: OtlpBackend) =>
  requests.flatMap((request) => {
    const split = splitTraceRequest(request);
    if (split.type !== 'split') throw new Error(split.reason);
    return split.groups.flatMap(({ spans }) => spans.map(({ bytes }) => decodeSpan(bytes)));
  });

describe('what is sent to an OTLP backend', () => {
  it('is the very bytes that the event-sourced way sends', async () => {
    const backend = await backendOf(acceptSpans);
    const { manager, hook } = managerOf(backend.port);
    const memory = hooked();
    for (const each of run()) for (const receiver of [hook, memory.hook]) receiver.handle(each);
    expect(await manager.forceFlush(5)).toBe(true);
    expect(backend.requests.map((request) => request.toString('hex'))).toEqual([
      Buffer.from(encodeSpans(await memory.records())).toString('hex'),
    ]);
  });

  it("has the resource's attributes, each service its own resource, and the headers", async () => {
    const seen: unknown[] = [];
    const backend = await backendOf((call, answer) => {
      seen.push(call.metadata.get('authorization')[0]);
      acceptSpans(call, answer);
    });
    const { manager, hook } = managerOf(backend.port, {
      headers: { authorization: 'Bearer x' },
      environment: { OTEL_RESOURCE_ATTRIBUTES: 'team=a' },
    });
    hook.handle(event('note'));
    hook.handle(event('note', { serviceName: 'other' }));
    expect(await manager.forceFlush(5)).toBe(true);
    expect(seen).toEqual(['Bearer x']);
    const text = backend.requests[0]?.toString('latin1') ?? '';
    for (const part of ['spec', 'other', 'team']) expect(text).toContain(part);
  });

  it('has nothing of a batch that could not be encoded', async () => {
    const backend = await backendOf(acceptSpans);
    const memory = hooked();
    for (const each of run()) memory.hook.handle(each);
    const [first, second] = await memory.spans();
    const broken = Object.create(second!, {
      record: {
        get: () => {
          const record = { ...recordOf(second!)! };
          return Object.defineProperty(record, 'attributes', {
            get: () => {
              throw new RangeError('unreadable');
            },
          });
        },
      },
    }) as ReadableSpan;
    const sender = new OtlpSender({
      endpoint: `localhost:${backend.port}`,
      insecure: true,
      resourceAttributes: [],
    });
    const deadline = Date.now() + 5_000;
    expect(await sender.send([first!, broken], deadline)).toMatchObject({ exported: 0, failed: 2 });
    expect(await sender.send([second!], deadline)).toMatchObject({ exported: 1, failed: 0 });
    await sender.close();
    expect(countOf(backend)).toBe(1);
  });

  it('keeps a whole-numbered duration a double, also on a span of one event', async () => {
    const backend = await backendOf(acceptSpans);
    const { manager } = managerOf(backend.port);
    const span = manager.createSpanFromContext(event('pre_tool_use'));
    manager.updateSpanFromResult(span, { success: true, durationMs: 5 });
    span.end(1_700_000_000_005);
    expect(await manager.forceFlush(5)).toBe(true);
    const [sent] = spansOf(backend);
    expect(sent?.attributes.find(({ key }) => key.text === 'duration_ms')?.value).toEqual({
      type: 'double',
      value: 5,
    });
  });

  it("also takes an agent's own spans of OpenTelemetry, with what only those have", async () => {
    const backend = await backendOf(acceptSpans);
    const { manager } = managerOf(backend.port);
    const tracer = manager.tracerProvider.getTracer('own');
    const first = tracer.startSpan('first');
    tracer.startSpan('second', { links: [{ context: first.spanContext() }] }).end();
    first.end();
    manager.createSpanFromContext(event('note')).end();
    expect(await manager.forceFlush(5)).toBe(true);
    const names = spansOf(backend).map(({ name, links }) => [name.text, links.length]);
    expect(names.sort()).toEqual([
      ['first', 0],
      ['note', 0],
      ['second', 1],
    ]);
    expect(trace.getTracerProvider()).not.toBe(manager.tracerProvider);
    expect(manager.stats()).toMatchObject({ ended: 3, exported: 3 });
  });
});

describe('a backend in bad weather', () => {
  it('gets a batch again where it was away for a moment', async () => {
    let calls = 0;
    const backend = await backendOf((call, answer) => {
      calls += 1;
      (calls === 1 ? failWith(status.UNAVAILABLE) : acceptSpans)(call, answer);
    });
    const { manager, hook } = managerOf(backend.port);
    hook.handle(event('note'));
    expect(await manager.forceFlush(5)).toBe(true);
    expect(calls).toBe(2);
    expect(manager.stats()).toMatchObject({ exported: 1, failed: 0 });
  });

  it('gets what waited once it is there', async () => {
    const [port = 0] = await freePorts(1);
    const { manager, hook } = managerOf(port, { batchTimeoutMs: 1 });
    hook.handle(event('note'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(manager.stats()).toMatchObject({ pending: 1 });
    const backend = await backendOf(acceptSpans, undefined, port);
    const deadline = Date.now() + 10_000;
    while (countOf(backend) === 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await manager.forceFlush(5)).toBe(true);
    expect(manager.stats()).toMatchObject({ exported: 1, pending: 0 });
  });

  it('is not asked again where it refuses for good, and what it refuses is counted and told', async () => {
    const backend = await backendOf(failWith(status.UNAUTHENTICATED, { message: 'who are you' }));
    const { manager, hook, problems } = managerOf(backend.port, {
      headers: { authorization: 'Bearer hidden' },
    });
    for (let n = 0; n < 3; n += 1) hook.handle(event('note'));
    expect(await manager.forceFlush(5)).toBe(false);
    hook.handle(event('note'));
    expect(await manager.forceFlush(5)).toBe(false);
    expect(manager.stats()).toMatchObject({ ended: 4, failed: 4, exported: 0 });
    expect(backend.requests).toHaveLength(2);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('OTEL_EXPORTER_OTLP_HEADERS');
    expect(problems[0]).not.toContain('hidden');
  });

  it('that takes a part is told to have taken that part', async () => {
    // ExportTraceServiceResponse 1 partial_success; 1 rejected_spans.
    const backend = await backendOf((_call, answer) => answer(null, Buffer.from([0x0a, 0x02, 0x08, 0x02])));
    const { manager, hook } = managerOf(backend.port);
    for (let n = 0; n < 5; n += 1) hook.handle(event('note'));
    expect(await manager.forceFlush(5)).toBe(false);
    expect(manager.stats()).toMatchObject({ ended: 5, exported: 3, failed: 2 });
  });
});

describe('TLS', () => {
  const server = selfSigned('server');

  it('works with the right authority, of a file or as text', async () => {
    const credentials = ServerCredentials.createSsl(null, certificateOf(server));
    const backend = await backendOf(acceptSpans, credentials);
    const folder = await mkdtemp(join(tmpdir(), 'kaizen-tls-'));
    const file = join(folder, 'ca.pem');
    await writeFile(file, server.certificate);
    for (const ca of [server.certificate, file]) {
      const { manager, hook } = managerOf(backend.port, { insecure: false, ca });
      hook.handle(event('note'));
      expect(await manager.shutdown(5)).toBe(true);
    }
    const fromEnv = managerOf(backend.port, {
      insecure: false,
      environment: { OTEL_EXPORTER_OTLP_CERTIFICATE: file },
    });
    fromEnv.hook.handle(event('note'));
    expect(await fromEnv.manager.shutdown(5)).toBe(true);
    await rm(folder, { recursive: true });
    expect(countOf(backend)).toBe(3);
  });

  it.each([
    ['another authority', { ca: selfSigned('somebody else').certificate }],
    ["the system's authorities", { insecure: false }],
  ])('fails with %s, says why, and sends nothing', async (_name, options) => {
    const backend = await backendOf(acceptSpans, ServerCredentials.createSsl(null, certificateOf(server)));
    const { manager, hook, problems } = managerOf(backend.port, options);
    hook.handle(event('note'));
    expect(await manager.forceFlush(5)).toBe(false);
    expect(backend.requests).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('shows a certificate that is not trusted here');
    expect(problems[0]).not.toContain('BEGIN');
    expect(manager.stats()).toMatchObject({ failed: 1, pending: 0 });
  });

  it('never falls back to plain text', async () => {
    const backend = await backendOf(acceptSpans);
    const { manager, hook } = managerOf(backend.port, { insecure: false, ca: server.certificate });
    hook.handle(event('note'));
    expect(await manager.forceFlush(5)).toBe(false);
    expect(backend.requests).toEqual([]);
  });

  it('shows a client certificate to a backend that asks for one', async () => {
    const client = selfSigned('client');
    const credentials = ServerCredentials.createSsl(
      Buffer.from(client.certificate),
      certificateOf(server),
      true,
    );
    const backend = await backendOf(acceptSpans, credentials);
    const known = managerOf(backend.port, { ca: server.certificate, ...client });
    known.hook.handle(event('note'));
    expect(await known.manager.forceFlush(5)).toBe(true);
    const unknown = managerOf(backend.port, { ca: server.certificate });
    unknown.hook.handle(event('note'));
    expect(await unknown.manager.forceFlush(5)).toBe(false);
    expect(countOf(backend)).toBe(1);
  });
});
