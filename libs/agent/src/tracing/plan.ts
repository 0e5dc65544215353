import type { Attribute } from '@kaizen-trace/contracts';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import type { ExportClientOptions } from '@kaizen-trace/settings';
import { bracketed, exportClientOptions, pem } from '@kaizen-trace/settings';
import type { TracingEnvironment } from './environment.js';
import type { TracingManagerOptions } from './options.js';
import { checkOption } from './options.js';
import { attributeValueOf } from './record-span.js';
import type { QueueOptions } from './span-queue.js';
import { longestTimer } from './within.js';

/** What options and environment come to. */
export interface TracingPlan {
  readonly serviceName: string;
  readonly resourceAttributes: readonly Attribute[];
  /** Nothing is traced: `OTEL_SDK_DISABLED`, or `OTEL_TRACES_EXPORTER=none`. */
  readonly isDisabled: boolean;
  readonly client: ExportClientOptions;
  readonly queue: QueueOptions;
  /** How events become spans, but for what a hook is told. */
  readonly assembly: AssemblySettings;
}

const serviceKey = 'service.name';

const serviceNameOf = (given: string | undefined, env: TracingEnvironment): string => {
  const ofResource = env.resourceAttributes.find(([key]) => key === serviceKey)?.[1];
  return (
    given ??
    env.otelServiceName ??
    (typeof ofResource === 'string' && ofResource !== '' ? ofResource : undefined) ??
    env.serviceName ??
    defaultSettings.defaultServiceName
  );
};

const remedyOf = (key: string): string =>
  `has ${JSON.stringify(key)}, whose value must be a text, a number, true, false, or a list of one of these`;

const resourceOf = (
  given: TracingManagerOptions['resourceAttributes'],
  env: TracingEnvironment,
): readonly Attribute[] => {
  const all = new Map<string, Attribute[1]>(env.resourceAttributes);
  for (const [key, value] of Object.entries<unknown>(given ?? {})) {
    // As of a variable that is not set.
    if (value === undefined || value === null) continue;
    const isDouble = typeof value === 'object' && 'double' in value && typeof value.double === 'number';
    const attribute = isDouble ? (value as Attribute[1]) : attributeValueOf(value);
    if (attribute === undefined) checkOption('resourceAttributes', false, remedyOf(key));
    else all.set(key, attribute);
  }
  all.delete(serviceKey);
  return [...all];
};

const pemOption = (name: string, value: string | undefined): string | undefined => {
  if (value === undefined) return undefined;
  const outcome = pem.parse(value);
  checkOption(
    name,
    outcome.type === 'parsed',
    outcome.type === 'wrong' ? `is ${outcome.problem}. ${outcome.remedy}` : '',
  );
  return outcome.type === 'parsed' ? outcome.value : undefined;
};

const endpointOf = ({ jaegerHost, jaegerPort }: TracingManagerOptions, env: TracingEnvironment): string => {
  const bare = jaegerHost?.replace(/^\[|\]$/g, '');
  const { host, port } = env.backend;
  // A port that the environment names for another host says nothing about this one.
  const portOfHost = bare === undefined ? port : (env.jaegerPort ?? 4317);
  return `${bracketed(bare ?? host)}:${jaegerPort ?? portOfHost}`;
};

const isInsecure = (options: TracingManagerOptions, env: TracingEnvironment): boolean => {
  const { insecure, ca, certificate, jaegerHost } = options;
  if (insecure !== undefined) return insecure;
  if (ca !== undefined || certificate !== undefined) return false;
  return jaegerHost === undefined ? env.backend.tls === undefined : (env.jaegerInsecure ?? true);
};

const clientOf = (options: TracingManagerOptions, env: TracingEnvironment): ExportClientOptions => {
  const fromEnv = exportClientOptions(env.backend);
  const certificate = pemOption('certificate', options.certificate);
  return {
    endpoint: endpointOf(options, env),
    insecure: isInsecure(options, env),
    ca: pemOption('ca', options.ca) ?? env.ca,
    clientCert: certificate ?? env.certificate,
    clientKey: certificate === undefined ? env.key : pemOption('key', options.key),
    headers: { ...fromEnv.headers, ...options.headers },
    timeoutMs: options.timeoutMs ?? fromEnv.timeoutMs,
    compression: options.compression ?? fromEnv.compression,
  };
};

/** Of a time-out, OpenTelemetry has 0 mean that there is none. */
const exportTimeoutOf = ({ exportTimeoutMs }: TracingEnvironment): number | undefined =>
  exportTimeoutMs === 0 ? longestTimer : exportTimeoutMs;

const queueOf = (options: TracingManagerOptions, env: TracingEnvironment): QueueOptions => {
  const largest = options.maxExportBatchSize ?? env.maxExportBatchSize ?? 512;
  const batchSize = options.batchSize ?? Math.max(512, env.maxExportBatchSize ?? 0);
  const room = Math.max(2_048, 4 * batchSize);
  const maxQueueSize = options.batchSize === undefined ? (env.maxQueueSize ?? room) : room;
  return {
    maxQueueSize,
    maxExportBatchSize: Math.min(largest, batchSize, maxQueueSize),
    scheduledDelayMillis: options.batchTimeoutMs ?? env.scheduleDelayMs ?? 5_000,
    exportTimeoutMillis: options.exportTimeoutMs ?? exportTimeoutOf(env) ?? 30_000,
  };
};

const assemblyOf = (serviceName: string, env: TracingEnvironment): AssemblySettings => {
  const { layout, openTtlMs, reorderGraceMs, nestedAsJson, progressSpans, attributeLength } = env.assembly;
  const { eventsToTrace } = env.assembly;
  return {
    ...defaultSettings,
    layout,
    openTtlMs,
    reorderGraceMs,
    nestedAsJson,
    progressSpans,
    defaultServiceName: serviceName,
    maxStringLength: env.attributeLength ?? attributeLength,
    maxAttributes: env.attributeCount ?? defaultSettings.maxAttributes,
    maxSpanEvents: env.eventCount ?? defaultSettings.maxSpanEvents,
    ...(eventsToTrace === undefined ? {} : { eventsToTrace }),
  };
};

/**
 * What options and environment come to: an option wins over every variable, a variable of OpenTelemetry over Jaeger's and
 * the plain ones, those over the defaults.
 *
 * @throws TypeError where a certificate or key cannot be read.
 */
export const planOf = (options: TracingManagerOptions, env: TracingEnvironment): TracingPlan => {
  const serviceName = serviceNameOf(options.serviceName, env);
  return {
    serviceName,
    resourceAttributes: resourceOf(options.resourceAttributes, env),
    isDisabled: env.sdkDisabled === 'true' || (options.exporter === undefined && env.exporter === 'none'),
    client: clientOf(options, env),
    queue: queueOf(options, env),
    assembly: assemblyOf(serviceName, env),
  };
};
