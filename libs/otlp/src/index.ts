export { createSpanBatcher, encodeSpan, encodeSpans } from './batch-spans.js';
export type { SpanBatcher, SpanBatcherOptions } from './batch-spans.js';
export { splitTraceRequest } from './decode-request.js';
export type { EncodedSpan, EncodedSpanGroup, SplitOutcome } from './decode-request.js';
export { decodeResource, decodeScope, decodeSpan } from './decode-span.js';
export type {
  DecodedAttribute,
  DecodedEvent,
  DecodedLink,
  DecodedScope,
  DecodedSpan,
  DecodedText,
  DecodedValue,
} from './decode-span.js';
export { outlineSpan } from './outline-span.js';
export type { SpanOutline } from './outline-span.js';
export { countSpans, splitRequest } from './split-request.js';
export { createOtlpClient, exportMethod } from './otlp-client.js';
export type { OtlpClient, OtlpClientOptions } from './otlp-client.js';
export { OtlpExportError } from './export-outcome.js';
export type { ExportOutcome, GrpcCode } from './export-outcome.js';
export { describeOtlpFailure, isTooLarge } from './describe-failure.js';
export { sha256Hex } from './sha256-hex.js';
