import type { ServiceError } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Cursor } from './decode-wire.js';
import {
  cursorOver,
  MalformedBytes,
  readLength,
  readSmallVarint,
  readVarint,
  skipValue,
} from './decode-wire.js';

/** The name of a gRPC status code, such as `UNAVAILABLE`. */
export type GrpcCode = keyof typeof status;

/** The backend, or the way to it, did not take a request. `code` says which of the two, and what to do next. */
export class OtlpExportError extends Error {
  override readonly name = 'OtlpExportError';
  constructor(
    readonly code: GrpcCode,
    details: string,
  ) {
    super(`${code}: ${details}`);
  }
}

/** How an export ended. Only `accepted` means that the backend has every span. */
export type ExportOutcome =
  | { readonly type: 'accepted'; readonly warning?: string }
  /** The backend kept the rest; it does not say which spans it refused. Not to be sent again. */
  | { readonly type: 'partial'; readonly rejectedSpans: number; readonly message: string }
  /** The same bytes may be taken later; not before `retryAfterMs` where the backend asks for that. */
  | { readonly type: 'retryable'; readonly cause: OtlpExportError; readonly retryAfterMs?: number }
  /** The same bytes will not be taken as things stand. */
  | { readonly type: 'refused'; readonly code: GrpcCode; readonly cause: OtlpExportError };

// The OTLP specification's list, "OTLP/gRPC Throttling and failures"; RESOURCE_EXHAUSTED only with RetryInfo.
const retryableCodes: ReadonlySet<status> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** Reads an `ExportTraceServiceResponse`. A body that is no such message counts as accepted: its status was OK. */
export const outcomeOfResponse = (response: Uint8Array): ExportOutcome => {
  let rejectedSpans = 0;
  let message = '';
  try {
    // ExportTraceServiceResponse 1 partial_success; ExportTracePartialSuccess 1 rejected_spans, 2 error_message.
    for (const partial of fieldsOf(response, 0x0a)) {
      for (const rejected of valuesOf(partial, 0x08)) rejectedSpans = Number(BigInt.asIntN(64, rejected));
      for (const text of fieldsOf(partial, 0x12)) message = new TextDecoder().decode(text);
    }
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error;
    return { type: 'accepted', warning: 'the answer is no ExportTraceServiceResponse' };
  }
  if (rejectedSpans > 0) return { type: 'partial', rejectedSpans, message };
  return message === '' ? { type: 'accepted' } : { type: 'accepted', warning: message };
};

/** Sorts a failed call by the OTLP specification. */
export const outcomeOfFailure = (failure: ServiceError): ExportOutcome => {
  const code = (status[failure.code] as GrpcCode | undefined) ?? 'UNKNOWN';
  const cause = new OtlpExportError(code, failure.details);
  const retryAfterMs = retryDelayMs(failure.metadata.get('grpc-status-details-bin')[0]);
  const retryable =
    retryableCodes.has(failure.code) ||
    (failure.code === status.RESOURCE_EXHAUSTED && retryAfterMs !== undefined);
  if (!retryable) return { type: 'refused', code, cause };
  return { type: 'retryable', cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
};

/** The delay of `google.rpc.RetryInfo` in a `google.rpc.Status`, in milliseconds, rounded up. */
const retryDelayMs = (details: string | Uint8Array | undefined): number | undefined => {
  if (details === undefined || typeof details === 'string') return undefined;
  try {
    // Status 3 details; Any 1 type_url, 2 value; RetryInfo 1 retry_delay; Duration 1 seconds, 2 nanos.
    for (const any of fieldsOf(details, 0x1a)) {
      const [type] = fieldsOf(any, 0x0a);
      if (!new TextDecoder().decode(type).endsWith('/google.rpc.RetryInfo')) continue;
      const [retryInfo] = fieldsOf(any, 0x12);
      const [delay] = fieldsOf(retryInfo ?? none, 0x0a);
      const [seconds = 0n] = valuesOf(delay ?? none, 0x08);
      const [nanos = 0n] = valuesOf(delay ?? none, 0x10);
      const ms = Number(BigInt.asIntN(64, seconds)) * 1000 + Number(BigInt.asIntN(32, nanos)) / 1e6;
      return Math.max(0, Math.ceil(ms));
    }
  } catch (error) {
    // Details that cannot be read say nothing; the status code stands by itself.
    if (!(error instanceof MalformedBytes)) throw error;
  }
  return undefined;
};

const none = new Uint8Array(0);

/** The contents of the length-delimited fields with `tag`. */
const fieldsOf = (message: Uint8Array, tag: number): readonly Uint8Array[] =>
  collect(message, tag, (cursor) => {
    const end = readLength(cursor);
    const content = message.subarray(cursor.at, end);
    cursor.at = end;
    return content;
  });

/** The values of the varint fields with `tag`. */
const valuesOf = (message: Uint8Array, tag: number): readonly bigint[] => collect(message, tag, readVarint);

const collect = <T>(message: Uint8Array, tag: number, read: (cursor: Cursor) => T): readonly T[] => {
  const cursor = cursorOver(message);
  const found: T[] = [];
  while (cursor.at < cursor.end) {
    const next = readSmallVarint(cursor);
    if (next === tag) found.push(read(cursor));
    else skipValue(cursor, next);
  }
  return found;
};
