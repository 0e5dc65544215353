import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { AttributeValue } from '@kaizen-trace/contracts';
import type { Environment } from '@kaizen-trace/settings';
import type { OnProblem } from './problems.js';
import { longestTimer } from './within.js';

/** What a {@link TracingManager} is made with. Everything has a default; the environment stands between the two. */
export interface TracingManagerOptions {
  /** `service.name` of spans whose events name none. Else `OTEL_SERVICE_NAME`, `SERVICE_NAME`, `kaizen-agents`. */
  readonly serviceName?: string | undefined;
  /** Host of Jaeger, or of any OTLP backend; `localhost` unless told. */
  readonly jaegerHost?: string | undefined;
  /** Its OTLP gRPC port, not that of its pages; 4317 unless told. */
  readonly jaegerPort?: number | undefined;
  /** Plain text instead of TLS; true unless told, or unless one of the three below is given. */
  readonly insecure?: boolean | undefined;
  /** Who signed the backend's certificate: a PEM file or its text. The system's authorities unless told. */
  readonly ca?: string | undefined;
  /** The certificate to show to the backend, and its key: PEM files or their texts, both or none. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** Sent with every request, such as an API key. Never shown. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly compression?: 'none' | 'gzip' | undefined;
  /** How long one request may take, in milliseconds; 10,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /**
   * How many spans are gathered; 512 unless told. The queue, which is for the time that a backend needs, has room for four
   * times as many, and for 2,048 at least. What does not fit is dropped and counted.
   */
  readonly batchSize?: number | undefined;
  /** How long a span may wait for others, in milliseconds; 5,000 unless told. */
  readonly batchTimeoutMs?: number | undefined;
  /** The most spans of one request; 512 unless told, and never above `batchSize`. */
  readonly maxExportBatchSize?: number | undefined;
  /** How long a batch may be tried, repeats included, in milliseconds; 30,000 unless told. */
  readonly exportTimeoutMs?: number | undefined;
  /** Takes the place of OTLP: any exporter of OpenTelemetry. */
  readonly exporter?: SpanExporter | undefined;
  /** Takes the place of `OTEL_TRACES_SAMPLER`. */
  readonly sampler?: Sampler | undefined;
  /** What the resource has besides the service; over `OTEL_RESOURCE_ATTRIBUTES`. Nothing of host or process unless told. */
  readonly resourceAttributes?: Readonly<Record<string, AttributeValue>> | undefined;
  /** Whether to end with the process, see `atExit`; true unless told. */
  readonly endWithProcess?: boolean | undefined;
  /** Is told what goes wrong here, each kind once a minute at most. Warnings of the process unless told. */
  readonly onProblem?: OnProblem | undefined;
  /** Where variables come from; `process.env` unless told. */
  readonly environment?: Environment | undefined;
}

const wrongOption = (name: string, remedy: string): TypeError =>
  new TypeError(`TracingManager: ${name} ${remedy}`);

/** Refuses what is not undefined and does not hold. */
export const checkOption = (name: string, holds: boolean, remedy: string): void => {
  if (!holds) throw wrongOption(name, remedy);
};

type Values = Readonly<Record<string, unknown>>;

const texts = ['serviceName', 'jaegerHost', 'ca', 'certificate', 'key'] as const;
const wholes = {
  jaegerPort: [1, 65_535],
  batchSize: [1, 1_000_000],
  batchTimeoutMs: [0, longestTimer],
  maxExportBatchSize: [1, 1_000_000],
  timeoutMs: [1, longestTimer],
  exportTimeoutMs: [1, longestTimer],
} as const;

const checkTypes = (options: Values): void => {
  const given = (name: string): boolean => options[name] !== undefined;
  for (const name of texts)
    if (given(name))
      checkOption(
        name,
        typeof options[name] === 'string' && options[name] !== '',
        'must be a text that is not empty',
      );
  for (const [name, [min, max]] of Object.entries(wholes)) {
    const value = options[name];
    const holds = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
    if (given(name)) checkOption(name, holds, `must be a whole number from ${min} to ${max}`);
  }
  for (const name of ['insecure', 'endWithProcess'])
    if (given(name)) checkOption(name, typeof options[name] === 'boolean', 'must be true or false');
  for (const name of ['headers', 'resourceAttributes'])
    if (given(name))
      checkOption(name, typeof options[name] === 'object' && options[name] !== null, 'must be an object');
};

const checkParts = ({ exporter, sampler, onProblem, compression }: TracingManagerOptions): void => {
  const has = (value: unknown, method: string): boolean =>
    typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
  checkOption(
    'exporter',
    exporter === undefined || has(exporter, 'export'),
    'must be an exporter of OpenTelemetry: an object with export() and shutdown()',
  );
  checkOption(
    'sampler',
    sampler === undefined || has(sampler, 'shouldSample'),
    'must be a sampler of OpenTelemetry: an object with shouldSample()',
  );
  checkOption('onProblem', onProblem === undefined || typeof onProblem === 'function', 'must be a function');
  checkOption(
    'compression',
    compression === undefined || ['none', 'gzip'].includes(compression),
    "must be 'none' or 'gzip'",
  );
};

/**
 * Looks at what was given.
 *
 * @throws TypeError that names the option and what to write instead; never its value.
 */
export const checkOptions = (options: TracingManagerOptions): void => {
  checkOption(
    'options',
    typeof (options as unknown) === 'object' && (options as unknown) !== null,
    'must be an object',
  );
  checkTypes({ ...options });
  checkParts(options);
  const { insecure, ca, certificate, key, serviceName, jaegerHost } = options;
  checkOption(
    'serviceName',
    serviceName === undefined || serviceName.length <= 256,
    'must have 256 characters at most',
  );
  checkOption(
    'jaegerHost',
    jaegerHost === undefined || !/[/\s]|:\d+$/.test(jaegerHost) || jaegerHost.includes('::'),
    'must be a host alone: leave scheme and port out, the port is jaegerPort',
  );
  checkOption(
    'certificate',
    (certificate === undefined) === (key === undefined),
    'and key belong together: give both or none',
  );
  checkOption(
    'insecure',
    insecure !== true || (ca ?? certificate ?? key) === undefined,
    'must be false, or left out, where ca, certificate or key is given',
  );
};
