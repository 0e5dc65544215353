import {
  assemblySettings,
  defineSettings,
  describeProblems,
  exportSettings,
  flag,
  oneOf,
  parsed,
  pem,
  readSettings,
  setting,
  text,
  wholeNumber,
  wrong,
  type Environment,
  type Parser,
  type SettingsOf,
} from '@kaizen-trace/settings';
import type { Attribute } from '@kaizen-trace/contracts';
import type { TellProblem } from './problems.js';
import { longestTimer } from './within.js';

/** Samplers by the names of OpenTelemetry. */
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** The name of a sampler in `OTEL_TRACES_SAMPLER`. */
export type SamplerName = (typeof samplers)[number];

const ratio: Parser<number> = {
  parse: (value) => {
    const number = /^[0-9.eE+-]+$/.test(value) ? Number(value) : Number.NaN;
    return number >= 0 && number <= 1
      ? parsed(number)
      : wrong('not a ratio', 'Write a number from 0 to 1, as in 0.25.');
  },
  show: String,
};

const decoded = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value.trim());
  } catch {
    return undefined;
  }
};

/** `key=value` pairs with commas between, values percent-encoded, as OTEL_RESOURCE_ATTRIBUTES has them. */
const resourceAttributes: Parser<readonly Attribute[]> = {
  parse: (value) => {
    const attributes = new Map<string, string>();
    for (const pair of value.split(',')) {
      if (pair.trim() === '') continue;
      const equals = pair.indexOf('=');
      const [key, content] = [decoded(pair.slice(0, Math.max(equals, 0))), decoded(pair.slice(equals + 1))];
      if (key === undefined || key === '' || content === undefined)
        return wrong('not a list of attributes', 'Write key=value pairs with commas between.');
      attributes.set(key, content);
    }
    return parsed([...attributes]);
  },
  show: (attributes) => attributes.map(([key, value]) => `${key}=${value as string}`).join(','),
};

const positive = wholeNumber(1, 1_000_000);
const milliseconds = wholeNumber(0, longestTimer);
const row = <T>(parser: Parser<T>, ...names: readonly [string, ...string[]]) =>
  setting({ names, parser, about: 'As OpenTelemetry has it.' });

const pemRow = (name: string) =>
  setting({
    names: [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`],
    parser: pem,
    secret: true,
    about: 'As OpenTelemetry has it.',
  });

const table = defineSettings({
  backend: exportSettings,
  assembly: assemblySettings,
  otelServiceName: row(text(256), 'OTEL_SERVICE_NAME'),
  serviceName: row(text(256), 'SERVICE_NAME'),
  resourceAttributes: setting({
    names: ['OTEL_RESOURCE_ATTRIBUTES'],
    parser: resourceAttributes,
    default: [],
    about: 'Attributes of the resource.',
  }),
  jaegerPort: row(wholeNumber(1, 65_535), 'JAEGER_PORT'),
  // The backend has these only where the environment itself asks for TLS; an option may ask for it too.
  ca: pemRow('CERTIFICATE'),
  certificate: pemRow('CLIENT_CERTIFICATE'),
  key: pemRow('CLIENT_KEY'),
  jaegerInsecure: row(flag, 'JAEGER_INSECURE'),
  // By OpenTelemetry's rules nothing else is true, such as 1.
  sdkDisabled: row(oneOf('true', 'false'), 'OTEL_SDK_DISABLED'),
  exporter: row(oneOf('otlp', 'none'), 'OTEL_TRACES_EXPORTER'),
  sampler: row(oneOf(...samplers), 'OTEL_TRACES_SAMPLER'),
  samplerRatio: row(ratio, 'OTEL_TRACES_SAMPLER_ARG'),
  maxQueueSize: row(positive, 'OTEL_BSP_MAX_QUEUE_SIZE'),
  maxExportBatchSize: row(positive, 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  scheduleDelayMs: row(milliseconds, 'OTEL_BSP_SCHEDULE_DELAY'),
  exportTimeoutMs: row(milliseconds, 'OTEL_BSP_EXPORT_TIMEOUT'),
  attributeCount: row(positive, 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'),
  attributeLength: row(
    positive,
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ),
  eventCount: row(wholeNumber(0, 1_000_000), 'OTEL_SPAN_EVENT_COUNT_LIMIT'),
});

/** What the environment says about direct tracing; undefined where it says nothing. */
export type TracingEnvironment = SettingsOf<(typeof table)['entries']>;

/** Half of a client certificate helps nobody, and the half that is missing is not there to be taken out. */
const clientCertificate = /_CLIENT_(CERTIFICATE|KEY)$/;

/**
 * Reads the environment. A variable that cannot be read is told and passed over, since it may be meant for somebody else:
 * an agent starts whatever stands there. Never throws.
 */
export const readEnvironment = (env: Environment, tell: TellProblem): TracingEnvironment => {
  const left = { ...env };
  for (;;) {
    const outcome = readSettings(table, left);
    if (outcome.type === 'ok') return outcome.settings;
    tell('settings', `${describeProblems(outcome.problems)}\nGoing on without.`);
    const wrongNames = new Set(outcome.problems.map(({ variable }) => variable));
    const isWrong = (name: string): boolean =>
      wrongNames.has(name) ||
      (clientCertificate.test(name) && [...wrongNames].some((each) => clientCertificate.test(each)));
    const removed = Object.keys(left).filter(isWrong);
    // Nothing to take out would mean nothing to go on without.
    for (const name of removed.length > 0 ? removed : Object.keys(left)) Reflect.deleteProperty(left, name);
  }
};
