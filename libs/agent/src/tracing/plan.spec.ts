import { describe, expect, it } from '@jest/globals';
import { selfSigned } from '@kaizen-trace/testkit';
import { readEnvironment } from './environment.js';
import { planOf } from './plan.js';
import type { TracingManagerOptions } from './options.js';
import { inMemory } from './testing/tracing.js';
import { TracingManager } from './tracing-manager.js';

const planned = (options: TracingManagerOptions, environment: Record<string, string> = {}) => {
  const problems: string[] = [];
  const env = readEnvironment(environment, (_kind, message) => problems.push(message));
  return { ...planOf(options, env), problems };
};

describe('options and environment', () => {
  it('are the defaults of Jaeger on this machine where nothing is told', () => {
    const { client, queue, serviceName, resourceAttributes, isDisabled, problems } = planned({});
    expect(client).toMatchObject({
      endpoint: 'localhost:4317',
      insecure: true,
      timeoutMs: 10_000,
      headers: {},
    });
    expect(queue).toEqual({
      maxQueueSize: 2_048,
      maxExportBatchSize: 512,
      scheduledDelayMillis: 5_000,
      exportTimeoutMillis: 30_000,
    });
    expect([serviceName, resourceAttributes, isDisabled, problems]).toEqual(['kaizen-agents', [], false, []]);
  });

  it('rank: an option, a variable of OpenTelemetry, one of Jaeger, the default', () => {
    const jaeger = { JAEGER_HOST: 'j', JAEGER_PORT: '5', JAEGER_INSECURE: 'false', SERVICE_NAME: 's' };
    const otel = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://o:9', OTEL_SERVICE_NAME: 'os' };
    expect(planned({}, jaeger)).toMatchObject({
      serviceName: 's',
      client: { endpoint: 'j:5', insecure: false },
    });
    expect(planned({}, { ...jaeger, ...otel })).toMatchObject({
      serviceName: 'os',
      client: { endpoint: 'o:9', insecure: true },
    });
    expect(
      planned({ serviceName: 'x', jaegerHost: 'h', insecure: true }, { ...jaeger, ...otel }),
    ).toMatchObject({
      serviceName: 'x',
      client: { endpoint: 'h:5', insecure: true },
    });
    expect(planned({ jaegerHost: '::1', jaegerPort: 7 }, otel).client).toMatchObject({
      endpoint: '[::1]:7',
      insecure: true,
    });
    expect(
      planned({}, { OTEL_RESOURCE_ATTRIBUTES: 'service.name=r,team=a%20b', SERVICE_NAME: 's' }),
    ).toMatchObject({
      serviceName: 'r',
      resourceAttributes: [['team', 'a b']],
    });
  });

  it('never make a request larger than what is gathered, and the queue four times that', () => {
    expect(planned({ batchSize: 100 }).queue).toMatchObject({ maxQueueSize: 2_048, maxExportBatchSize: 100 });
    expect(planned({ batchSize: 1_024 }).queue).toMatchObject({
      maxQueueSize: 4_096,
      maxExportBatchSize: 512,
    });
    const bsp = {
      OTEL_BSP_MAX_QUEUE_SIZE: '300',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '900',
      OTEL_BSP_SCHEDULE_DELAY: '7',
      OTEL_BSP_EXPORT_TIMEOUT: '8',
    };
    expect(planned({}, bsp).queue).toEqual({
      maxQueueSize: 300,
      maxExportBatchSize: 300,
      scheduledDelayMillis: 7,
      exportTimeoutMillis: 8,
    });
    expect(planned({ batchTimeoutMs: 1, maxExportBatchSize: 20 }, bsp).queue).toMatchObject({
      maxExportBatchSize: 20,
      scheduledDelayMillis: 1,
    });
  });

  it('keep the limits, headers, time and packing that OpenTelemetry has variables for', () => {
    const { assembly, client } = planned(
      { headers: { tenant: 'mine' } },
      {
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '20',
        OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '100',
        OTEL_SPAN_EVENT_COUNT_LIMIT: '3',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20x,tenant=other',
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '1234',
        OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      },
    );
    expect(assembly).toMatchObject({ maxAttributes: 20, maxStringLength: 100, maxSpanEvents: 3 });
    expect(client).toMatchObject({
      headers: { authorization: 'Bearer x', tenant: 'mine' },
      timeoutMs: 1234,
      compression: 'gzip',
    });
  });

  it('pass over what stands wrong in the environment, say so, and use the rest', () => {
    const { client, problems } = planned(
      {},
      {
        JAEGER_PORT: 'many',
        JAEGER_HOST: 'j',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_CLIENT_KEY: '/nowhere/secret.pem',
        OTEL_TRACES_SAMPLER: 'sometimes',
      },
    );
    expect(client).toMatchObject({ endpoint: 'j:4317', clientKey: undefined });
    const all = problems.join('\n');
    for (const name of ['JAEGER_PORT', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'CLIENT_KEY', 'OTEL_TRACES_SAMPLER'])
      expect(all).toContain(name);
    const half = planned(
      {},
      { OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: selfSigned('x').certificate, JAEGER_HOST: 'j' },
    );
    expect(half.client).toMatchObject({ endpoint: 'j:4317', clientCert: undefined });
    expect(half.problems).toHaveLength(1);
  });

  it('are read by the rules of OpenTelemetry: only true is true, and a time-out of 0 is none', () => {
    expect(planned({}, { OTEL_SDK_DISABLED: 'True' })).toMatchObject({ isDisabled: true, problems: [] });
    const { isDisabled, problems } = planned({}, { OTEL_SDK_DISABLED: '1' });
    expect(isDisabled).toBe(false);
    expect(problems.join()).toContain('OTEL_SDK_DISABLED');
    const { queue } = planned({}, { OTEL_BSP_EXPORT_TIMEOUT: '0' });
    expect(queue.exportTimeoutMillis).toBe(2 ** 31 - 1);
  });

  it('mean TLS where a certificate is given, of a file or as text', () => {
    const { certificate, key } = selfSigned('x');
    expect(planned({ ca: certificate }).client).toMatchObject({ insecure: false, ca: certificate });
    expect(planned({ insecure: false, certificate, key }).client).toMatchObject({
      clientCert: certificate,
      clientKey: key,
    });
    expect(planned({ insecure: false }).client).toMatchObject({ insecure: false, ca: undefined });
  });
});

describe('a wrong option', () => {
  it.each([
    [{ serviceName: '' }, 'serviceName'],
    [{ jaegerHost: 'http://x' }, 'jaegerHost'],
    [{ jaegerHost: 'x:4317' }, 'jaegerHost'],
    [{ jaegerPort: '4317' }, 'jaegerPort'],
    [{ jaegerPort: 0 }, 'jaegerPort'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ batchTimeoutMs: -1 }, 'batchTimeoutMs'],
    [{ maxExportBatchSize: 1.5 }, 'maxExportBatchSize'],
    [{ insecure: 'no' }, 'insecure'],
    [{ insecure: true, ca: 'x' }, 'insecure'],
    [{ ca: '/nowhere/ca.pem' }, 'ca'],
    [{ certificate: 'x' }, 'certificate'],
    [{ exporter: {} }, 'exporter'],
    [{ sampler: 'all' }, 'sampler'],
    [{ onProblem: 'tell' }, 'onProblem'],
    [{ compression: 'zip' }, 'compression'],
    [{ headers: { 'bad name': 'secret-value' } }, 'headers'],
    [{ resourceAttributes: { x: { y: 'secret-value' } } }, 'resourceAttributes'],
    [{ resourceAttributes: { x: [1, 'secret-value'] } }, 'resourceAttributes'],
  ])('is a TypeError that names it, never its value: %j', (options, name) => {
    const make = () => new TracingManager({ environment: {}, endWithProcess: false, ...(options as object) });
    expect(make).toThrow(TypeError);
    expect(make).toThrow(new RegExp(`^TracingManager: ${name}\\b`));
    expect(make).not.toThrow(/secret-value/);
  });

  it('is also what is no options at all', () => {
    expect(() => new TracingManager(null as never)).toThrow(/^TracingManager: options must be an object/);
  });

  it('is not an attribute of the resource that is not set, as a variable may be', () => {
    const resourceAttributes = { 'service.version': undefined as never, zone: 'a', share: { double: 1 } };
    expect(planned({ resourceAttributes }).resourceAttributes).toEqual([
      ['zone', 'a'],
      ['share', { double: 1 }],
    ]);
  });

  it('is not one that is left undefined', async () => {
    const { manager } = inMemory({ jaegerHost: undefined, jaegerPort: undefined, ca: undefined });
    expect(await manager.shutdown(1)).toBe(true);
  });
});
