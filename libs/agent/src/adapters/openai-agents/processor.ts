import { createEmitter, type Emitter } from '../framework/emitter.js';
import {
  freshCallId,
  freshTraceId,
  hexOf,
  present,
  recordOf,
  scalarsOf,
  textOf,
} from '../framework/fields.js';
import type { Operation } from '../framework/operations.js';
import { Operations } from '../framework/operations.js';
import type { AdapterOptions, CompiledOptions } from '../framework/options.js';
import { compileOptions } from '../framework/options.js';
import type { HookResultInit } from '../../hooks/hook-result.js';
import { mappingOf, resultOf } from './mapping.js';
import type { OpenAiSpan, OpenAiTrace, OpenAiTracingProcessor } from './types.js';

const traceIdOf = (id: string): string => hexOf(id) ?? id.slice(0, 256);

const isoNow = (): string => new Date().toISOString();

/** Spans that ended first are remembered, so that a late start opens nothing. */
const rememberedEnds = 1_000;

const done = Promise.resolve();

/** What has become of a trace's runs so far. */
interface TraceState {
  lastResult: HookResultInit | undefined;
  lastEnded: string | undefined;
  /** Runs until the trace of a failed run is given up: the SDK does not end a trace out of which an error is thrown. */
  givingUp: NodeJS.Timeout | undefined;
}

/** How long after a failed run another one, or the end of its trace, is waited for. */
const patienceMs = 1_000;

/**
 * Follows traces and spans. A span's start is told one microtask later, in order, since the SDK fills in the model and
 * the like directly after it.
 */
class Processor implements OpenAiTracingProcessor {
  readonly #options: CompiledOptions;
  readonly #emitter: Emitter;
  readonly #operations: Operations;
  readonly #traces = new Map<string, TraceState>();
  /** Spans whose end came without their start, or before it: another processor may hold a start up. */
  readonly #endedFirst = new Set<string>();
  #starting: OpenAiSpan[] = [];

  constructor(options: CompiledOptions) {
    this.#options = options;
    this.#emitter = createEmitter('OpenAI Agents', options);
    this.#operations = new Operations(this.#emitter, options.maxOpenOperations);
  }

  onTraceStart(trace: OpenAiTrace): Promise<void> {
    this.#emitter.safely('following a trace', () => {
      this.#tellStarted();
      this.#beginTrace(trace);
    });
    return done;
  }

  onTraceEnd(trace: OpenAiTrace): Promise<void> {
    this.#emitter.safely('following a trace', () => {
      this.#tellStarted();
      this.#endTrace(trace.traceId, isoNow());
    });
    return done;
  }

  onSpanStart(span: OpenAiSpan): Promise<void> {
    this.#emitter.safely('following a span', () => {
      if (this.#starting.length === 0)
        queueMicrotask(() => this.#emitter.safely('following a span', () => this.#tellStarted()));
      this.#starting.push(span);
    });
    return done;
  }

  onSpanEnd(span: OpenAiSpan): Promise<void> {
    this.#emitter.safely('following a span', () => {
      this.#tellStarted();
      this.#endSpan(span);
    });
    return done;
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  /** Tells what waits for its microtask, or for another run. What the receiver has buffered is its own to flush. */
  forceFlush(): Promise<void> {
    this.#emitter.safely('following a span', () => {
      this.#tellStarted();
      for (const [traceId, { givingUp }] of this.#traces) if (givingUp !== undefined) this.#endTrace(traceId);
    });
    return done;
  }

  #beginTrace(trace: OpenAiTrace): void {
    const outer = this.#options.within();
    const operation: Operation = {
      kind: 'agent_loop',
      agentId: (this.#options.agentId ?? textOf(trace.name) ?? 'openai-agents').slice(0, 256),
      traceId: outer?.traceId ?? traceIdOf(trace.traceId),
      callId: freshCallId(),
      parentCallId: outer?.callId,
      named: present({
        'gen_ai.operation.name': 'invoke_workflow',
        'gen_ai.workflow.name': textOf(trace.name),
      }),
      inherited: present({ 'gen_ai.conversation.id': textOf(trace.groupId) }),
    };
    this.#endTrace(trace.traceId);
    this.#traces.set(trace.traceId, { lastResult: undefined, lastEnded: undefined, givingUp: undefined });
    for (const oldest of this.#traces.keys()) {
      if (this.#traces.size <= this.#options.maxOpenOperations) break;
      this.#traces.delete(oldest);
    }
    const metadata = scalarsOf(trace.metadata);
    this.#operations.begin(trace.traceId, operation, {
      timestamp: isoNow(),
      ...(Object.keys(metadata).length > 0 && { metadata }),
    });
  }

  /** Ends a trace as its last run ended, at that time unless told another. */
  #endTrace(traceId: string, timestamp?: string): void {
    const state = this.#traces.get(traceId);
    this.#traces.delete(traceId);
    clearTimeout(state?.givingUp);
    this.#operations.end(traceId, {
      timestamp: timestamp ?? state?.lastEnded,
      result: state?.lastResult ?? { success: true },
    });
  }

  #noteRun(span: OpenAiSpan, result: HookResultInit): void {
    const state = this.#traces.get(span.traceId);
    if (state === undefined) return;
    state.lastResult = result;
    state.lastEnded = span.endedAt ?? undefined;
    clearTimeout(state.givingUp);
    state.givingUp = undefined;
    if (result.success) return;
    state.givingUp = setTimeout(
      () => this.#emitter.safely('following a trace', () => this.#endTrace(span.traceId)),
      patienceMs,
    );
    state.givingUp.unref();
  }

  #tellStarted(): void {
    const starting = this.#starting;
    if (starting.length === 0) return;
    this.#starting = [];
    for (const span of starting) this.#emitter.safely('following a span', () => this.#beginSpan(span));
  }

  /** The operation above a span: its parent, else its trace, else one that nothing is known of. */
  #above(span: OpenAiSpan): Operation {
    const known = this.#operations.find(span.parentId) ?? this.#operations.find(span.traceId);
    return (
      known ?? {
        kind: 'agent_loop',
        agentId: this.#options.agentId ?? 'openai-agents',
        traceId: traceIdOf(span.traceId === '' ? freshTraceId() : span.traceId),
        callId: span.parentId ?? '',
        parentCallId: undefined,
        named: {},
        inherited: {},
      }
    );
  }

  #beginSpan(span: OpenAiSpan): void {
    if (this.#endedFirst.delete(span.spanId)) return;
    const trace = this.#traces.get(span.traceId);
    clearTimeout(trace?.givingUp);
    if (trace !== undefined) trace.givingUp = undefined;
    const above = this.#above(span);
    if (span.spanData.type === 'handoff') {
      this.#operations.passOver(span.spanId, above);
      return;
    }
    const { kind, named, begins } = mappingOf(span);
    const ownAgent = kind === 'agent_loop' ? textOf(recordOf(span.spanData).name) : undefined;
    const operation: Operation = {
      kind,
      agentId: ownAgent?.slice(0, 256) ?? above.agentId,
      traceId: above.traceId,
      callId: span.spanId,
      parentCallId: textOf(above.callId),
      named,
      inherited: above.inherited,
    };
    this.#operations.begin(span.spanId, operation, {
      data: begins,
      ...(span.startedAt === null ? {} : { timestamp: span.startedAt }),
    });
  }

  #endSpan(span: OpenAiSpan): void {
    const timestamp = span.endedAt ?? undefined;
    const result = resultOf(span);
    if (this.#operations.find(span.spanId) === undefined) this.#beginLate(span);
    const above = this.#operations.find(span.spanId);
    if (span.spanData.type === 'handoff') {
      this.#operations.end(span.spanId);
      this.#tellHandoff(span, above ?? this.#above(span));
      return;
    }
    const data = mappingOf(span).ends(this.#options);
    this.#operations.end(span.spanId, { data, result, timestamp });
    if (span.parentId === null) this.#noteRun(span, result);
  }

  #beginLate(span: OpenAiSpan): void {
    this.#beginSpan(span);
    this.#endedFirst.add(span.spanId);
    for (const oldest of this.#endedFirst) {
      if (this.#endedFirst.size <= rememberedEnds) break;
      this.#endedFirst.delete(oldest);
    }
  }

  #tellHandoff(span: OpenAiSpan, above: Operation): void {
    const { from_agent: from, to_agent: to } = recordOf(span.spanData);
    this.#operations.happen(
      'handoff',
      { agentId: above.agentId, traceId: above.traceId, parentCallId: textOf(above.callId) },
      {
        data: { from_agent: textOf(from), to_agent: textOf(to) },
        timestamp: span.endedAt ?? undefined,
        ...(span.error === null ? {} : { result: resultOf(span) }),
      },
    );
  }
}

/**
 * A tracing processor for the OpenAI Agents SDK: `addTraceProcessor(openAiAgentsProcessor({ receiver }))`. It never throws
 * and never waits; what the receiver keeps is flushed by whoever owns it.
 *
 * @throws TypeError where an option is wrong.
 */
export const openAiAgentsProcessor = (options: AdapterOptions): OpenAiTracingProcessor =>
  new Processor(compileOptions(options));
