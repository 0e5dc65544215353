import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { HookContextInit } from '../../hooks/hook-context.js';
import { recordOf } from '../record-of-span.js';
import type { SpanRecord } from '@kaizen-trace/contracts';
import { TracingHook, type TracingHookOptions } from '../tracing-hook.js';
import { TracingManager, type TracingManagerInit } from '../tracing-manager.js';

/** What was told through onProblem. */
export type Problems = string[];

/** A manager that keeps its spans in memory, with nothing of this process's environment. */
export const inMemory = (options: TracingManagerInit = {}) => {
  const exporter = new InMemorySpanExporter();
  const problems: Problems = [];
  const manager = new TracingManager({
    serviceName: 'spec',
    exporter,
    environment: {},
    endWithProcess: false,
    onProblem: (message) => problems.push(message),
    ...options,
  });
  const spans = async (): Promise<readonly ReadableSpan[]> => {
    await manager.forceFlush(5);
    return exporter.getFinishedSpans();
  };
  const records = async (): Promise<readonly SpanRecord[]> => (await spans()).map((span) => recordOf(span)!);
  return { manager, exporter, problems, spans, records };
};

/** The same with a hook. */
export const hooked = (
  options: Omit<TracingHookOptions, 'tracingManager'> = {},
  ofManager: TracingManagerInit = {},
) => {
  const tracing = inMemory(ofManager);
  return { ...tracing, hook: new TracingHook({ tracingManager: tracing.manager, ...options }) };
};

const traceId = '0af7651916cd43dd8448eb211c80319c';

/** One event; the rest has a default. */
export const event = (eventType: string, rest: Partial<HookContextInit> = {}): HookContextInit => ({
  eventType,
  agentId: 'agent',
  traceId,
  timestamp: 1_700_000_000,
  ...rest,
});

/** A run of one agent with two parallel tool calls, a failing model call and a note: eight spans and one. */
export const run = (of: string = traceId): readonly HookContextInit[] => {
  const at = (second: number, eventType: string, rest: Partial<HookContextInit> = {}): HookContextInit =>
    event(eventType, {
      traceId: of,
      timestamp: 1_700_000_000 + second,
      eventId: `${eventType}${second}`,
      ...rest,
    });
  const search = { tool_name: 'search' };
  return [
    at(0, 'pre_agent_loop', { data: { task: 'find', depth: 2 }, metadata: { team: 'a' } }),
    at(1, 'pre_tool_use', { data: search, callId: 'one' }),
    at(2, 'pre_tool_use', { data: search, callId: 'two' }),
    at(3, 'post_tool_use', { data: { ...search, hits: 3 }, callId: 'one', result: { success: true } }),
    at(4.5, 'post_tool_use', { data: search, callId: 'two', result: { success: true } }),
    at(5, 'pre_llm_call', { data: { model: 'm-1' } }),
    at(5.5, 'note', { data: { text: 'almost' } }),
    at(6.25, 'post_llm_call', {
      data: { model: 'm-1' },
      result: { success: false, error: 'overloaded', errorType: 'RateLimitError', stack: 'at model' },
    }),
    at(8, 'post_agent_loop', { result: { success: true, data: { answer: 42 } } }),
  ];
};
