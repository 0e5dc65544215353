import { otelTraceId } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/assembler-runtime';

/** Which spans are wanted. Empty lists want everything. Acts on finished spans, never on the fold. */
export interface SpanFilter {
  /** As agents sent them, or as Jaeger shows them. */
  readonly traceIds: readonly string[];
  readonly services: readonly string[];
}

/** A filter that is ready to be asked. */
export interface CompiledFilter {
  /** By the trace id as Jaeger shows it, 32 hex digits. */
  span(span: { readonly traceId: string; readonly serviceName: string }): boolean;
  /** By the trace id as agents send it. */
  trace(traceId: string): boolean;
}

/** Compiles a filter: what is an OTel trace id itself names that trace too. */
export const compileFilter = ({ traceIds, services }: SpanFilter): CompiledFilter => {
  const wantedTraces = new Set(traceIds.map((traceId) => otelTraceId(sha256Hex, traceId) as string));
  const wantedServices = new Set(services);
  const isTrace = (id: string): boolean => wantedTraces.size === 0 || wantedTraces.has(id);
  return {
    span: ({ traceId, serviceName }) =>
      isTrace(traceId) && (wantedServices.size === 0 || wantedServices.has(serviceName)),
    trace: (traceId) => wantedTraces.size === 0 || isTrace(otelTraceId(sha256Hex, traceId)),
  };
};
