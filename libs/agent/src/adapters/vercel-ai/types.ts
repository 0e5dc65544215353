/**
 * What the adapter reads of the Vercel AI SDK's telemetry, as structure alone: its own types fit, and nothing of it is
 * imported. Each event carries much more; what is read is looked at field by field.
 */

/** Events that name the call which they belong to. */
export interface AiCallEvent {
  readonly callId: string;
}

/** A step's beginning, end or failure. */
export interface AiStepEvent extends AiCallEvent {
  readonly stepNumber: number;
}

/** A tool's execution. */
export interface AiToolEvent extends AiCallEvent {
  readonly toolCall: { readonly toolCallId: string; readonly toolName: string };
}

/** One model call of an embedding. */
export interface AiEmbedEvent extends AiCallEvent {
  readonly embedCallId: string;
}

/** What a tool runs in, with the execution itself. */
export interface AiToolExecution<T> {
  readonly callId: string;
  readonly toolCallId: string;
  readonly execute: () => PromiseLike<T>;
}

/** A telemetry integration as `registerTelemetry` and `telemetry.integrations` take it. */
export interface AiTelemetry {
  onStart(event: AiCallEvent): void;
  onStepStart(event: AiStepEvent): void;
  onLanguageModelCallStart(event: AiCallEvent): void;
  onLanguageModelCallEnd(event: AiCallEvent): void;
  onToolExecutionStart(event: AiToolEvent): void;
  onToolExecutionEnd(event: AiToolEvent): void;
  onStepEnd(event: AiStepEvent): void;
  onStepError(event: AiStepEvent): void;
  onObjectStepStart(event: AiCallEvent): void;
  onObjectStepEnd(event: AiCallEvent): void;
  onEmbedStart(event: AiEmbedEvent): void;
  onEmbedEnd(event: AiEmbedEvent): void;
  onRerankStart(event: AiCallEvent): void;
  onRerankEnd(event: AiCallEvent): void;
  onEnd(event: AiCallEvent): void;
  onAbort(event: AiCallEvent): void;
  onError(event: unknown): void;
  executeTool<T>(execution: AiToolExecution<T>): PromiseLike<T>;
}
