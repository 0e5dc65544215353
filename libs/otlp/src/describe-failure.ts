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
  const sign = code === 'UNAVAILABLE' ? signs.find(({ pattern }) => pattern.test(message)) : undefined;
  return (
    sign?.says(endpoint) ??
    describeCode(endpoint, outcome.cause) ??
    `${endpoint} did not take the spans: ${message}`
  );
};

/** What the transport's words for a failed connection mean. The first that matches counts. */
const signs: readonly { readonly pattern: RegExp; readonly says: (endpoint: string) => string }[] = [
  {
    // Node's HTTP/2 client says so when the first bytes of the answer are no HTTP/2 frame, as HTTP/1.1 is not.
    pattern: /Protocol error/,
    says: (endpoint) => `${portOf(endpoint)} speaks HTTP, not OTLP gRPC: use 4317${knownAs(endpoint)}`,
  },
  {
    pattern: /ECONNREFUSED/,
    says: (endpoint) => `nothing listens on ${endpoint}: is the backend up, is the port 4317?`,
  },
  {
    pattern: /Name resolution failed|ENOTFOUND|EAI_AGAIN/,
    says: (endpoint) => `the host of ${endpoint} cannot be found: check JAEGER_HOST or the OTLP endpoint`,
  },
  {
    pattern: /wrong version number|EPROTO|packet length too long/,
    says: (endpoint) =>
      `${endpoint} speaks no TLS: set JAEGER_INSECURE=true, or use an http:// OTLP endpoint`,
  },
  {
    pattern: /certificate required|bad certificate|unknown ca/,
    says: (endpoint) =>
      `${endpoint} wants a client certificate that it knows: see OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE`,
  },
  {
    pattern: /certificate|altnames/,
    says: (endpoint) =>
      `${endpoint} shows a certificate that is not trusted here: see OTEL_EXPORTER_OTLP_CERTIFICATE`,
  },
  {
    pattern: /Last error: Failed to connect/,
    says: (endpoint) =>
      `${endpoint} closes the connection at once: does it want TLS (JAEGER_INSECURE=false), is it OTLP gRPC?`,
  },
];

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
