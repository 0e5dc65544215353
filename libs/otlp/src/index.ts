export { createSpanBatcher, encodeSpan, encodeSpans } from './batch-spans.js';
export type { SpanBatcher } from './batch-spans.js';
