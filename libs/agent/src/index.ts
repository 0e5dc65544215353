export { HookContext } from './hooks/hook-context.js';
export type { HookContextInit } from './hooks/hook-context.js';
export { HookEvent } from './hooks/hook-event.js';
export type { KnownHookEvent } from './hooks/hook-event.js';
export { HookManager } from './hooks/hook-manager.js';
export type { TriggerArguments, TriggerOptions } from './hooks/hook-manager.js';
export { HookPriority } from './hooks/hook-priority.js';
export { HookResult } from './hooks/hook-result.js';
export type { HookResultInit } from './hooks/hook-result.js';
export type { HookStats } from './hooks/hook-stats.js';
export { HookTimeoutError } from './hooks/within-time.js';
export type { Hook, HookAnswer, HookHandler } from './hooks/hook.js';
export type { Publisher, PublisherStats, PublishOutcome, PublishRefusal } from './publishing/publisher.js';
export type { PublisherOptions } from './publishing/options.js';
export { embeddedLogPublisher, httpPublisher, kafkaPublisher } from './publishing/publishers.js';
export type {
  EmbeddedLogPublisherOptions,
  HttpPublisherOptions,
  KafkaPublisherOptions,
} from './publishing/publishers.js';
export { PublishingHook } from './publishing/publishing-hook.js';
export type { PublishingHookOptions } from './publishing/publishing-hook.js';
export { inspectSpool } from './publishing/spool/inspect-spool.js';
export type { SpoolContents } from './publishing/spool/inspect-spool.js';
export type { EventReceiver } from './receiver.js';
export { TracingHook } from './tracing/tracing-hook.js';
export type { TracingHookOptions } from './tracing/tracing-hook.js';
export { TracingManager } from './tracing/tracing-manager.js';
export type { Redaction, TracingManagerInit } from './tracing/tracing-manager.js';
export type { TracingManagerOptions } from './tracing/options.js';
export type { TracingStats } from './tracing/stats.js';
export type { OnProblem } from './tracing/problems.js';
export { BaseAgent } from './observing/base-agent.js';
export type { BaseAgentOptions } from './observing/base-agent.js';
export { enableObservability } from './observing/enable-observability.js';
export type { Observability } from './observing/enable-observability.js';
export type { ObservabilityOptions, Transport } from './observing/observability-options.js';
export { ObservabilitySettingsError } from './observing/read-options.js';
export type { EventData } from './observing/operation.js';
export type {
  ItemOf,
  MemoryOptions,
  OperationOptions,
  RunOptions,
  Trace,
  Traced,
} from './observing/trace.js';
export type { HeaderSource, TraceHeaders } from './observing/trace-context.js';
export { trace } from './observing/trace-everywhere.js';
