import type { ExportOutcome } from './export-outcome.js';

const knownPorts: Readonly<Record<string, string>> = {
  '16686': "is Jaeger's query API and user interface",
  '14268': "is Jaeger's old HTTP collector",
  '4318': 'is OTLP over HTTP',
  '9411': 'is Zipkin',
};

/**
 * One sentence for people on why an export failed and what to change; undefined where the backend accepted it. Tells the
 * usual wrong ports from a backend that is away.
 */
export const describeOtlpFailure = (outcome: ExportOutcome, endpoint: string): string | undefined => {
  if (outcome.type === 'accepted') return undefined;
  if (outcome.type === 'partial') {
    return `${endpoint} refused ${outcome.rejectedSpans} spans of a request: ${outcome.message}`;
  }
  const { code, message } = outcome.cause;
  // Node's HTTP/2 client says so when the first bytes of the answer are no HTTP/2 frame, as HTTP/1.1 is not.
  if (code === 'UNAVAILABLE' && message.includes('Protocol error')) {
    return `${portOf(endpoint)} speaks HTTP, not OTLP gRPC: use 4317${knownAs(endpoint)}`;
  }
  if (message.includes('ECONNREFUSED'))
    return `nothing listens on ${endpoint}: is the backend up, is the port 4317?`;
  if (message.includes('Name resolution failed'))
    return `the host of ${endpoint} cannot be resolved: ${message}`;
  if (/wrong version number|EPROTO|packet length too long/.test(message)) {
    return `${endpoint} speaks no TLS: set JAEGER_INSECURE=true, or use an http:// OTLP endpoint`;
  }
  return describeCode(endpoint, outcome.cause) ?? `${endpoint} did not take the spans: ${message}`;
};

const describeCode = (
  endpoint: string,
  { code, message }: { readonly code: string; readonly message: string },
): string | undefined => {
  switch (code) {
    case 'UNIMPLEMENTED':
      return `${portOf(endpoint)} speaks gRPC but takes no OTLP traces: use 4317${knownAs(endpoint)} (${message})`;
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return `${endpoint} wants other credentials: see OTEL_EXPORTER_OTLP_HEADERS (${message})`;
    case 'DEADLINE_EXCEEDED':
      return `${endpoint} did not answer in time: ${message}`;
    default:
      return undefined;
  }
};

const portOf = (endpoint: string): string => `port ${endpoint.slice(endpoint.lastIndexOf(':') + 1)}`;

const knownAs = (endpoint: string): string => {
  const known = knownPorts[endpoint.slice(endpoint.lastIndexOf(':') + 1)];
  return known === undefined ? '' : ` (this one ${known})`;
};

/**
 * Whether the backend refused the request for its size alone: smaller ones with the same spans may be taken. Each gRPC
 * implementation says it in its own words, and Rust's with OUT_OF_RANGE instead of RESOURCE_EXHAUSTED.
 */
export const isTooLarge = (outcome: ExportOutcome): boolean => {
  if (outcome.type !== 'retryable' && outcome.type !== 'refused') return false;
  const { code, message } = outcome.cause;
  return (
    (code === 'RESOURCE_EXHAUSTED' || code === 'OUT_OF_RANGE') &&
    /larger than max|exceeds (the )?maximum|length too large/i.test(message)
  );
};
