import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  assemblerHttpSettings,
  assemblySettings,
  clientSettings,
  defineSettings,
  describeProblems,
  exporterHttpSettings,
  exportSettings,
  gatewaySettings,
  logLevel,
  logSettings,
  readSettings,
  settingsMarkdown,
  traceStoreSettings,
} from './index.js';

const everything = defineSettings({
  log: logSettings,
  assembly: assemblySettings,
  export: exportSettings,
  gateway: gatewaySettings,
  assembler: assemblerHttpSettings,
  exporter: exporterHttpSettings,
  traceStore: traceStoreSettings,
  client: clientSettings,
  logLevel,
});

const read = (env: Record<string, string | undefined>) => {
  const outcome = readSettings(everything, env);
  if (outcome.type === 'refused') throw new Error(describeProblems(outcome.problems));
  return outcome.settings;
};

const refused = (env: Record<string, string | undefined>) => {
  const outcome = readSettings(everything, env);
  return outcome.type === 'ok' ? [] : outcome.problems;
};

const variablesOf = (env: Record<string, string | undefined>) => refused(env).map(({ variable }) => variable);

describe('an empty environment', () => {
  it('gives the defaults that the contract names', () => {
    const settings = read({});
    expect(settings.log).toEqual({
      kafka: undefined,
      dataDirectory: './data',
      dataDirectoryExplicit: false,
      stateDirectory: './state',
      topicPrefix: 'kaizen.',
      partitions: 12,
      partitionsExplicit: false,
      groups: { assembler: 'kaizen-assembler', exporter: 'kaizen-exporter' },
      retentionMs: 30 * 86_400_000,
    });
    expect(settings.assembly).toEqual({
      defaultServiceName: 'kaizen-agents',
      layout: 'events',
      eventsToTrace: undefined,
      openTtlMs: 7 * 86_400_000,
      reorderGraceMs: 30_000,
      nestedAsJson: false,
      progressSpans: false,
      attributeLength: 4096,
    });
    expect(settings.export).toMatchObject({ host: 'localhost', port: 4317, tls: undefined, local: true });
    expect(settings.gateway).toMatchObject({ port: 4310, host: '127.0.0.1', maxBodyBytes: 16 * 1024 * 1024 });
    expect(settings.traceStore).toMatchObject({ queryPort: 16686, otlpPort: 4317 });
    expect([settings.assembler.port, settings.exporter.port]).toEqual([4311, 4312]);
    expect(settings.client.gatewayUrl).toBe('http://localhost:4310');
  });

  it('is what empty and blank values count as', () => {
    expect(read({ KAFKA_BROKERS: '', KAIZEN_GATEWAY_PORT: '  ', KAIZEN_DATA_DIR: '' })).toEqual(read({}));
  });
});

describe('readSettings', () => {
  it('reports every mistake at once, each by its variable', () => {
    const env = {
      KAIZEN_GATEWAY_PORT: '70000',
      KAIZEN_OPEN_TTL: '7',
      KAIZEN_SPAN_LAYOUT: 'spans',
      KAFKA_BOOTSTRAP_SERVERS: 'broker',
      OTEL_EXPORTER_OTLP_TIMEOUT: '10s',
      KAIZEN_LOG_LEVEL: 'loud',
    };
    expect(variablesOf(env).sort()).toEqual(Object.keys(env).sort());
  });

  it('finds mistakes between variables beside mistakes in them', () => {
    const found = variablesOf({
      KAIZEN_PARTITIONS: '0',
      KAFKA_SASL_USERNAME: 'me',
      KAIZEN_GATEWAY_HOST: '0.0.0.0',
    });
    expect(found).toEqual(
      expect.arrayContaining(['KAIZEN_PARTITIONS', 'KAFKA_SASL_MECHANISM', 'KAIZEN_API_KEYS']),
    );
  });

  it('names the remedy', () => {
    expect(describeProblems(refused({ KAIZEN_REORDER_GRACE: '30' }))).toBe(
      'One setting is wrong:\n  KAIZEN_REORDER_GRACE is "30": a number without a unit. Add ms, s, m, h or d, as in 30s.',
    );
    expect(describeProblems(refused({ KAIZEN_GATEWAY_PORT: 'tcp://10.0.0.1:4310' }))).toContain(
      'enableServiceLinks',
    );
  });

  it('gives an object that is frozen all the way down', () => {
    const settings = read({ KAFKA_BROKERS: 'a:1,b:2' });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.log.groups)).toBe(true);
    expect(Object.isFrozen(settings.log.kafka?.brokers[0])).toBe(true);
  });

  it('never throws and never shows a secret, whatever the values', () => {
    const secrets = ['KAFKA_SASL_PASSWORD', 'KAFKA_SSL_KEY', 'OTEL_EXPORTER_OTLP_HEADERS', 'KAIZEN_API_KEYS'];
    const names = [...settingsMarkdown(everything).matchAll(/`([A-Z][A-Z_]+)`/g)].map(
      ([, name]) => name ?? '',
    );
    const environment = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(
        fc.string(),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('a:1', '1', '1s', '%', '[::1]:9', 'http://'),
      ),
    );
    fc.assert(
      fc.property(environment, fc.constantFrom(...secrets), (env, secret) => {
        const outcome = readSettings(everything, { ...env, [secret]: 'hunter2\u0001 %zz' });
        if (outcome.type === 'refused') expect(describeProblems(outcome.problems)).not.toContain('hunter2');
      }),
    );
  });
});

describe('the Kafka settings', () => {
  it('take brokers under either name, and login and TLS whole', () => {
    const { kafka } = read({
      KAFKA_BOOTSTRAP_SERVERS: 'one:9092, [::1]:9093',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'me',
      KAFKA_SASL_PASSWORD: ' p ',
      KAFKA_SSL_CA: '-----BEGIN CERTIFICATE-----\\nabc',
    }).log;
    expect(kafka?.brokers).toEqual([
      { host: 'one', port: 9092 },
      { host: '::1', port: 9093 },
    ]);
    expect(kafka?.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'me', password: ' p ' });
    expect(kafka?.tls?.ca).toBe('-----BEGIN CERTIFICATE-----\nabc');
  });

  it.each([
    [{ KAFKA_BROKERS: 'a:1', KAFKA_SASL_MECHANISM: 'plain' }, ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD']],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_SSL_CERT: '-----BEGIN X' }, ['KAFKA_SSL_KEY']],
    [{ KAFKA_SSL_ENABLED: 'true' }, ['KAFKA_BROKERS']],
    [{ KAFKA_BROKERS: 'a:1', KAFKA_SSL_CA: '/no/such/file' }, ['KAFKA_SSL_CA']],
    [{ KAFKA_BROKERS: 'kafka://a:1' }, ['KAFKA_BROKERS']],
  ])('refuse what is half set: %j', (env, expected) => {
    expect(variablesOf(env)).toEqual(expected);
  });
});

describe('the export settings', () => {
  it.each([
    [
      { JAEGER_HOST: 'jaeger', JAEGER_PORT: '14317' },
      { host: 'jaeger', port: 14317, tls: undefined, local: false },
    ],
    [
      { JAEGER_HOST: 'jaeger', JAEGER_INSECURE: 'false' },
      { host: 'jaeger', tls: {} },
    ],
    [
      { JAEGER_HOST: 'jaeger', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:80' },
      { host: 'otel', port: 80, tls: undefined, hostGivenBy: 'OTEL_EXPORTER_OTLP_ENDPOINT' },
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://t', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://g:1' },
      { host: 't', port: 4317, tls: {} },
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'otel:4317' }, { host: 'otel', tls: {} }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'otel:4317', OTEL_EXPORTER_OTLP_INSECURE: 'true' }, { tls: undefined }],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'A=b%20c, d=e=f' },
      {
        headers: [
          ['a', 'b c'],
          ['d', 'e=f'],
        ],
      },
    ],
  ])('follow OpenTelemetry first, then Jaeger: %j', (env, expected) => {
    expect(read(env).export).toMatchObject(expected);
  });

  it('refuse a protocol that is not spoken, and half a client certificate', () => {
    expect(variablesOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' })).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL',
    ]);
    expect(variablesOf({ OTEL_EXPORTER_OTLP_CLIENT_KEY: '-----BEGIN X' })).toEqual([
      'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
    ]);
  });
});

describe('the log settings', () => {
  it('name both groups after KAIZEN_GROUP', () => {
    expect(read({ KAIZEN_GROUP: 'blue' }).log.groups).toEqual({
      assembler: 'blue-assembler',
      exporter: 'blue-exporter',
    });
  });

  it('refuse a retention that ends before an operation may', () => {
    expect(variablesOf({ KAIZEN_LOG_RETENTION: '1d' })).toEqual(['KAIZEN_LOG_RETENTION']);
    expect(read({ KAIZEN_LOG_RETENTION: 'forever' }).log.retentionMs).toBe(Infinity);
  });

  it('leaves the session time-out to the log unless one is set', () => {
    expect(read({}).log.sessionTimeoutMs).toBeUndefined();
    expect(read({ KAIZEN_SESSION_TIMEOUT: '6s' }).log.sessionTimeoutMs).toBe(6000);
  });
});

describe('the gateway settings', () => {
  it('are open to other machines only with a key', () => {
    expect(variablesOf({ KAIZEN_GATEWAY_HOST: '0.0.0.0' })).toEqual(['KAIZEN_API_KEYS']);
    const wide = { KAIZEN_GATEWAY_HOST: '0.0.0.0' };
    expect(read({ ...wide, KAIZEN_API_KEYS: 'a,b' }).gateway.apiKeys).toEqual(['a', 'b']);
    expect(read({ ...wide, KAIZEN_API_KEYS_FILE: '/keys' }).gateway.apiKeysFile).toBe('/keys');
  });
});

describe('a key', () => {
  it('is one that a header can carry, or is refused without being shown', () => {
    for (const variable of ['KAIZEN_API_KEYS', 'KAIZEN_API_KEY', 'KAIZEN_QUERY_KEYS']) {
      for (const key of [
        'hunter2\nx',
        'hunter2\r\nx: y',
        'hunter2\u0001',
        'hunter2ü',
        'hunter2☃',
        'h'.repeat(513),
      ]) {
        expect(variablesOf({ [variable]: key })).toEqual([variable]);
        const outcome = readSettings(everything, { [variable]: `good,${key}` });
        expect(outcome.type === 'refused' && describeProblems(outcome.problems)).not.toMatch(
          /hunter2|hhh|good/,
        );
      }
      // As a file gives it.
      expect(variablesOf({ [variable]: 'hunter2 !~\n' })).toEqual([]);
    }
  });
});

describe('the trace store settings', () => {
  it('show traces to other machines only with a key, or where that is said to be meant', () => {
    const wide = { KAIZEN_BIND_HOST: '0.0.0.0', KAIZEN_API_KEYS: 'a' };
    const store = (env: Record<string, string>) =>
      readSettings(defineSettings({ store: traceStoreSettings }), env);
    expect(store(wide)).toMatchObject({ type: 'refused', problems: [{ variable: 'KAIZEN_QUERY_KEYS' }] });
    expect(store({ ...wide, KAIZEN_QUERY_HOST: '127.0.0.1' }).type).toBe('ok');
    expect(store({ ...wide, KAIZEN_QUERY_KEYS: 'k' }).type).toBe('ok');
    expect(store({ ...wide, KAIZEN_QUERY_OPEN: 'true' }).type).toBe('ok');
    expect(store({ ...wide, KAIZEN_QUERY_OPEN: 'false' }).type).toBe('refused');
  });
});

describe('settingsMarkdown', () => {
  it('has one line for each variable, with its default', () => {
    const lines = settingsMarkdown(everything).split('\n');
    expect(lines.filter((line) => line.includes('`KAIZEN_OPEN_TTL`'))).toHaveLength(1);
    expect(lines).toContain(
      '| `KAIZEN_QUERY_PORT` | `16686` | Port of the trace store’s query API and console; 0: any free one. |',
    );
    expect(lines.find((line) => line.includes('KAIZEN_LOG_RETENTION'))).toContain('| `30d` |');
  });
});
