import { beforeEach, describe, expect, it } from '@jest/globals';
import { ObservabilitySettingsError, readOptions } from './read-options.js';

const told: string[] = [];
const read = (options: object, env: Readonly<Record<string, string>> = {}) =>
  readOptions(options, env, (_, message) => void told.push(message));
beforeEach(() => void told.splice(0));

const problemsOf = (options: object, env: Readonly<Record<string, string>> = {}): readonly string[] => {
  try {
    read(options, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ObservabilitySettingsError);
    return (error as ObservabilitySettingsError).problems.map(({ variable }) => variable);
  }
  return [];
};

describe('the options of enableObservability', () => {
  it('may all be left out', () => {
    expect(read({})).toEqual({ serviceName: undefined, transport: 'direct' });
  });

  it('do not choose Kafka because brokers are set somewhere', () => {
    expect(read({}, { KAFKA_BROKERS: 'localhost:9092' }).transport).toBe('direct');
    expect(read({ brokers: ['localhost:9092'] }).transport).toBe('direct');
  });

  it('leave the transport to KAIZEN_TRANSPORT, and win over it', () => {
    expect(read({}, { KAIZEN_TRANSPORT: 'http' }).transport).toBe('http');
    expect(read({}, { KAIZEN_TRANSPORT: 'kafka', KAFKA_BROKERS: 'a:9092' }).transport).toBe('kafka');
    expect(read({ transport: 'http' }, { KAIZEN_TRANSPORT: 'kafka' }).transport).toBe('http');
  });

  it.each([
    [{ serviceName: 'mine' }, 'mine'],
    [{}, 'otel'],
  ])('with %j are of the service %s', (options, service) => {
    const env = {
      SERVICE_NAME: 'plain',
      OTEL_SERVICE_NAME: 'otel',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=res',
    };
    expect(read(options, env).serviceName).toBe(service);
  });

  it('find the service where OpenTelemetry has it', () => {
    const OTEL_RESOURCE_ATTRIBUTES = 'team=a,service.name=my%20shop';
    expect(read({}, { OTEL_RESOURCE_ATTRIBUTES, SERVICE_NAME: 'plain' }).serviceName).toBe('my shop');
    expect(read({}, { SERVICE_NAME: 'plain' }).serviceName).toBe('plain');
  });

  it('that are wrong are all named in one error, with those of the environment', () => {
    expect(
      problemsOf(
        {
          serviceName: '',
          jaegerPort: 70_000,
          insecure: 'no',
          eventsToTrace: ['pre tool'],
          jaegerhost: 'x',
          redact: 1,
        },
        { KAIZEN_TRANSPORT: 'pigeon' },
      ).toSorted(),
    ).toEqual([
      'KAIZEN_TRANSPORT',
      'option eventsToTrace',
      'option insecure',
      'option jaegerPort',
      'option jaegerhost',
      'option redact',
      'option serviceName',
    ]);
  });

  it('in the place of a variable have it not looked at', () => {
    expect(problemsOf({ transport: 'direct' }, { KAIZEN_TRANSPORT: 'carrier pigeon' })).toEqual([]);
    expect(problemsOf({ transport: 'kafka', brokers: ['a:1'] }, { KAFKA_BROKERS: 'nonsense' })).toEqual([]);
  });

  it('do not mind variables of a transport that is not theirs', () => {
    expect(
      problemsOf({ transport: 'http' }, { JAEGER_HOST: 'http://jaeger', KAFKA_BROKERS: 'nonsense' }),
    ).toEqual([]);
  });

  it.each(['direct', 'kafka', 'http'])(
    'with %s pass over what is wrong in variables of OpenTelemetry, which may be meant for others',
    (transport) => {
      const env = {
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_TIMEOUT: '0',
        OTEL_SERVICE_NAME: 'x'.repeat(257),
        JAEGER_HOST: 'http://jaeger',
        KAFKA_BROKERS: 'a:9092',
        SERVICE_NAME: 'plain',
      };
      expect(read({ transport }, env)).toEqual({ transport, serviceName: 'plain' });
      expect(told).toEqual([expect.stringContaining('OTEL_SERVICE_NAME')]);
      expect(problemsOf({ transport, insecure: 1 }, env)).toEqual(['option insecure']);
    },
  );

  it('with Kafka need brokers from somewhere', () => {
    expect(problemsOf({ transport: 'kafka' })).toEqual(['KAFKA_BROKERS']);
    expect(problemsOf({ transport: 'kafka', brokers: ['nonsense'] })).toEqual(['option brokers']);
    expect(problemsOf({ transport: 'kafka' }, { KAFKA_BROKERS: 'a:9092', KAFKA_SASL_USERNAME: 'u' })).toEqual(
      ['KAFKA_SASL_MECHANISM'],
    );
  });

  it('that contradict each other are refused', () => {
    const tracingManager = { createSpanFromContext: () => 1, shutdown: () => 1 };
    const publisher = { publish: () => 1, flush: () => 1, close: () => 1 };
    expect(problemsOf({ tracingManager, jaegerHost: 'x', transport: 'kafka', brokers: ['a:1'] })).toEqual([
      'option jaegerHost',
      'option transport',
    ]);
    expect(problemsOf({ publisher, redact: () => ({}), tracingManager }).toSorted()).toEqual([
      'option publisher',
      'option redact',
    ]);
    expect(problemsOf({ tracingManager: {} })).toEqual(['option tracingManager']);
  });

  it('that hold a secret never have it in the error', () => {
    try {
      read({ gatewayUrl: 'http://user:hunter2@host', transport: 'http' });
    } catch (error) {
      expect(String(error)).toContain('gatewayUrl');
      expect(String(error)).not.toContain('hunter2');
      return;
    }
    throw new Error('it was not refused');
  });
});
