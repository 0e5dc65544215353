import type { HookContext } from '@kaizen-trace/contracts';
import { toJson } from '@kaizen-trace/contracts';
import { reasonOf } from './reason.js';
import type { Outgoing, Rejection, SendOutcome, Sink } from './sink.js';

/** Where the gateway is, and the key that it wants. The key is a secret. */
export interface GatewayOptions {
  /** Without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
}

const longestRequestMs = 30_000;

/** Before a connection stands nothing can have been taken. */
const neverArrived = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether bytes came back that are no HTTP, as from a gRPC port. */
const isNoHttp = (error: unknown): boolean => {
  const cause: unknown = typeof error === 'object' && error !== null && 'cause' in error && error.cause;
  return typeof cause === 'object' && cause !== null && 'name' in cause && cause.name === 'HTTPParserError';
};

/** Seconds or an HTTP date, as `Retry-After` has them; at most an hour. */
const retryAfter = (header: string | null): { retryAfterMs: number } | undefined => {
  if (header === null) return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : { retryAfterMs: Math.min(Math.max(ms, 0), 3_600_000) };
};

interface Report {
  readonly accepted: number;
  readonly rejected: readonly Rejection[];
}

const isRejection = (value: unknown): value is Rejection =>
  typeof value === 'object' &&
  value !== null &&
  'line' in value &&
  typeof value.line === 'number' &&
  'reason' in value &&
  typeof value.reason === 'string' &&
  'field' in value &&
  (value.field === null || typeof value.field === 'string');

const readReport = (text: string): Report | undefined => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('accepted' in value) || !('rejected' in value))
    return undefined;
  const { accepted, rejected } = value;
  if (typeof accepted !== 'number' || !Array.isArray(rejected) || !rejected.every(isRejection))
    return undefined;
  return { accepted, rejected };
};

/** What the answer says itself, where it says something. */
const messageOf = (text: string): string => {
  const message = /"message":"((?:[^"\\]|\\.){1,300})"/.exec(text)?.[1];
  return message === undefined ? '' : `: ${message}`;
};

/** Where a redirection leads, without what may be secret of it. */
const originOf = (location: string, base: string): string => {
  try {
    const { origin, pathname } = new URL(location, base);
    return `${origin}${pathname}`;
  } catch {
    return 'nowhere';
  }
};

/** What a person can do about an answer that is no report. */
const remedyFor = ({ status, headers }: Response, { url, apiKey }: GatewayOptions, text: string): string => {
  const location = headers.get('location');
  if (status >= 300 && status < 400 && location !== null)
    return `what answers at ${url} sends on to ${originOf(location, url)} (answer ${status}): set KAIZEN_GATEWAY_URL to where the gateway is`;
  switch (status) {
    case 401:
      return apiKey === undefined
        ? `the gateway at ${url} wants a key: set KAIZEN_API_KEY (answer ${status})`
        : `the gateway at ${url} does not know the key in KAIZEN_API_KEY: compare it with the gateway’s KAIZEN_API_KEYS (answer ${status})`;
    case 404:
    case 405:
      return `what answers at ${url} is not the gateway (answer ${status}): set KAIZEN_GATEWAY_URL`;
    default:
      return `the gateway at ${url} answered ${status}${messageOf(text)}`;
  }
};

const outcomeOf = async <Payload>(
  response: Response,
  batch: readonly Outgoing<Payload>[],
  options: GatewayOptions,
): Promise<SendOutcome> => {
  const { status } = response;
  const { url } = options;
  const text = await response.text();
  if (status === 429 || status >= 500) {
    const reason =
      status === 429 ? `the gateway at ${url} is busy (429)` : `the gateway at ${url} answered ${status}`;
    return {
      type: 'retryable',
      reason,
      uncertain: status !== 429,
      ...retryAfter(response.headers.get('retry-after')),
    };
  }
  if (status === 413) return { type: 'too-large', reason: `too large for the gateway at ${url}` };
  const report = status === 202 || status === 400 ? readReport(text) : undefined;
  if (!report || report.accepted + report.rejected.length !== batch.length) {
    return { type: 'refused', reason: remedyFor(response, options, text) };
  }
  // The gateway counts the lines of this one request.
  const rejected = report.rejected.map(({ line, field, reason }) => ({
    line: batch[line - 1]?.line ?? batch[0]!.line,
    field,
    reason,
  }));
  return { type: 'taken', rejected };
};

/** What became of a batch that got no answer. */
const failureOf = (error: unknown, url: string): SendOutcome => {
  if (isNoHttp(error)) {
    return { type: 'refused', reason: `what answers at ${url} does not speak HTTP: set KAIZEN_GATEWAY_URL` };
  }
  const reason = reasonOf(error);
  return {
    type: 'retryable',
    reason: `the gateway at ${url} does not answer (${reason})`,
    uncertain: !neverArrived.has(reason),
  };
};

/** Sends to `POST /v1/events`, each event with its id, so that a repeat is recognised. Nothing is opened before. */
export const openGatewaySink = ({ url, apiKey }: GatewayOptions): Sink<Buffer> => ({
  destination: url,
  encode(event: HookContext) {
    const payload = Buffer.from(`${JSON.stringify(toJson(event))}\n`);
    return { type: 'encoded', payload, size: payload.length };
  },
  async send(batch, signal) {
    try {
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-ndjson',
          ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        },
        body: Buffer.concat(batch.map(({ payload }) => payload)),
        // What the events say is for the gateway alone; and most redirections would not take them along.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(longestRequestMs)]),
      });
      return await outcomeOf(response, batch, { url, apiKey });
    } catch (error) {
      return failureOf(error, url);
    }
  },
  close: () => Promise.resolve(),
});
