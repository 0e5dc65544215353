import type { Attributes, Context } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, TraceFlags, trace } from '@opentelemetry/api';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace-base';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-base';
import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import { unreachable } from '@kaizen-trace/contracts';
import { HookResult } from '../hooks/hook-result.js';
import type { SamplerName } from './environment.js';
import type { TellProblem } from './problems.js';
import { attributesObject, attributeValueOf } from './record-span.js';

/** How many traces' decisions are remembered. */
const rememberedTraces = 10_000;

/** The sampler that OpenTelemetry has under a name; undefined where it takes everything, so that nothing need be asked. */
export const samplerNamed = (name: SamplerName, ratio: number): Sampler | undefined => {
  switch (name) {
    case 'always_on':
    case 'parentbased_always_on':
      return undefined;
    case 'always_off':
      return new AlwaysOffSampler();
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
    default:
      return unreachable(name);
  }
};

/** The agent's own sampler, which may fail: then the span is taken, and it is told. */
const careful = (sampler: Sampler, tell: TellProblem): Sampler => ({
  shouldSample(...about: Parameters<Sampler['shouldSample']>): SamplingResult {
    try {
      const { decision, attributes, traceState } = sampler.shouldSample(...about);
      if (typeof decision !== 'number') throw new TypeError('a sampler answers { decision }');
      return {
        decision,
        ...(attributes === undefined ? {} : { attributes: { ...attributes } }),
        ...(traceState === undefined ? {} : { traceState }),
      };
    } catch (error) {
      const { errorType = 'no error' } = HookResult.failed(error);
      tell('sampler', `the sampler failed with ${errorType}, so spans are taken`);
      return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    }
  },
  toString: () => 'TracingManager.sampler',
});

/**
 * Asks a sampler about finished spans. A sampler is asked when a span starts, and a child learns there what was decided
 * of its parent; a folded span is known when it ends, children first. So the first span of a trace decides as its root
 * would, and the others are asked as its children: a trace is taken whole or left whole by every sampler that goes by the
 * trace id or the parent.
 */
export class TraceSampling {
  /** For the tracer of OpenTelemetry. One that throws, or decides nothing, takes the span. */
  readonly sampler: Sampler;
  readonly #takesAll: boolean;
  readonly #decided = new Map<string, boolean>();

  constructor(sampler: Sampler | undefined, tell: TellProblem) {
    this.#takesAll = sampler === undefined;
    this.sampler = sampler === undefined ? new AlwaysOnSampler() : careful(sampler, tell);
  }

  /** The span with what the sampler adds, or undefined where it is left out. */
  admitted(span: SpanRecord): SpanRecord | undefined {
    if (this.#takesAll) return span;
    const { traceId, name, kind } = span;
    const first = this.#decided.get(traceId);
    const { decision, attributes } = this.sampler.shouldSample(
      first === undefined || span.parentSpanId === undefined
        ? ROOT_CONTEXT
        : this.parentContext(traceId, span.parentSpanId),
      traceId,
      name,
      kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      attributesObject(span.attributes),
      [],
    );
    const isTaken = decision === SamplingDecision.RECORD_AND_SAMPLED;
    if (first === undefined) this.#remember(traceId, isTaken);
    return isTaken ? withAttributes(span, attributes) : undefined;
  }

  /** The context of a parent that is known by its ids alone, flagged as its trace was decided. */
  parentContext(traceId: string, spanId: string): Context {
    const traceFlags = this.#decided.get(traceId) === false ? TraceFlags.NONE : TraceFlags.SAMPLED;
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags });
  }

  #remember(traceId: string, isTaken: boolean): void {
    if (this.#decided.size >= rememberedTraces) {
      const [oldest] = this.#decided.keys();
      if (oldest !== undefined) this.#decided.delete(oldest);
    }
    this.#decided.set(traceId, isTaken);
  }
}

const withAttributes = (span: SpanRecord, added: Readonly<Attributes> | undefined): SpanRecord => {
  if (added === undefined) return span;
  const taken = new Set(span.attributes.map(([key]) => key));
  const more: Attribute[] = [];
  for (const [key, given] of Object.entries(added)) {
    const value = attributeValueOf(given);
    if (value !== undefined && !taken.has(key)) more.push([key, value]);
  }
  return more.length === 0 ? span : { ...span, attributes: [...span.attributes, ...more] };
};
