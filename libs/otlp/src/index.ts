export { createSpanBatcher, encodeSpan, encodeSpans } from './batch-spans.js';
export type { SpanBatcher } from './batch-spans.js';
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
