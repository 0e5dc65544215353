/**
 * What the adapter reads of the OpenAI Agents SDK, as structure alone: its own types fit, and nothing of it is imported.
 */

/** A trace: one workflow, with what its runs are grouped by. */
export interface OpenAiTrace {
  readonly traceId: string;
  readonly name: string;
  readonly groupId: string | null;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

/** A span. Its data fill up between its start and its end. */
export interface OpenAiSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly spanData: { readonly type: string };
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: { readonly message: string; readonly data?: Readonly<Record<string, unknown>> } | null;
}

/** What `addTraceProcessor` and `setTraceProcessors` take. */
export interface OpenAiTracingProcessor {
  onTraceStart(trace: OpenAiTrace): Promise<void>;
  onTraceEnd(trace: OpenAiTrace): Promise<void>;
  onSpanStart(span: OpenAiSpan): Promise<void>;
  onSpanEnd(span: OpenAiSpan): Promise<void>;
  shutdown(timeout?: number): Promise<void>;
  forceFlush(): Promise<void>;
}
