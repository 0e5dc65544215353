import type { Attribute, HookContext, Nanos, SpanEvent, SpanId, SpanRecord } from '@kaizen-trace/contracts';
import { nanos, phaseOf } from '@kaizen-trace/contracts';
import type { AssemblySettings } from '../settings.js';
import type { Ingredients } from './oracle-attributes.js';
import {
  baseAttributes,
  cut,
  fieldsOf,
  fieldsOfBoth,
  fieldsOfPre,
  showAttributes,
} from './oracle-attributes.js';
import { genAiAttributes, operationSpanName } from './oracle-gen-ai.js';
import type { HeldPost, OpenOperation } from './oracle-model.js';
import { oracleTraceId, textField } from './oracle-model.js';
import type { Outcome } from './oracle-status.js';
import { outcomeOf, toNanos } from './oracle-status.js';

interface Shape extends Ingredients {
  readonly event: HookContext;
  readonly spanId: SpanId;
  readonly parent: SpanId | undefined;
  readonly name: string;
  readonly kind: string;
  readonly start: Nanos;
  readonly end: Nanos;
  readonly serviceName: string | undefined;
  readonly outcome: Outcome;
  readonly spanEvents?: readonly SpanEvent[];
}

const spanOf = (shape: Shape, settings: AssemblySettings): SpanRecord => ({
  traceId: oracleTraceId(shape.event.traceId),
  spanId: shape.spanId,
  ...(shape.parent === undefined ? {} : { parentSpanId: shape.parent }),
  name: cut(shape.name, settings),
  // CLIENT for llm_call, INTERNAL for all others.
  kind: shape.kind === 'llm_call' ? 'client' : 'internal',
  start: shape.start,
  // A zero-length span ends 1 ns after its start.
  end: shape.end === shape.start ? nanos(shape.start + 1n) : shape.end,
  serviceName: shape.serviceName ?? settings.defaultServiceName,
  ...showAttributes(shape, settings),
  events: [...(shape.spanEvents ?? []), ...shape.outcome.events],
  status: shape.outcome.status,
});

const named = (type: string, name: string | undefined): string =>
  name === undefined ? type : `${type}:${name}`;

const double = (key: string, value: number): Attribute => [key, { double: value }];

/** From the PRE's timestamp to the POST's; no length, and the skew told, where the POST is earlier. */
const intervalOf = (
  pre: HookContext,
  post: HookContext,
): { start: Nanos; end: Nanos; durationMs: number; skew: Attribute[] } => {
  const start = toNanos(pre.timestamp);
  const between = Number(post.timestamp - pre.timestamp) / 1000;
  if (between < 0)
    return { start, end: start, durationMs: 0, skew: [double('kaizen.clock_skew_ms', -between)] };
  return { start, end: toNanos(post.timestamp), durationMs: between, skew: [] };
};

/** The POST that closes an operation, with its own span id. */
interface ClosingPost {
  readonly event: HookContext;
  readonly spanId: SpanId;
}

/** Layout `operations`: one span with the attributes of both. */
const pairAsOne = (operation: OpenOperation, post: HookContext, settings: AssemblySettings): SpanRecord => {
  const { event: pre, kind, name, toolName } = operation;
  const { start, end, durationMs, skew } = intervalOf(pre, post);
  const outcome = outcomeOf(post, settings);
  const base = baseAttributes(post, kind, toolName);
  const ofPre = fieldsOfPre(pre, baseAttributes(pre, pre.eventType, toolName), settings);
  const told = { kind, name, agentId: pre.agentId, callId: pre.callId, post: post.data, pre: ofPre.data };
  const shape = {
    kind,
    start,
    end,
    outcome,
    base,
    event: post,
    spanId: operation.spanId,
    parent: operation.parent,
    name: operationSpanName(kind, name, pre.agentId),
    // The POST's service, else its PRE's.
    serviceName: post.serviceName ?? pre.serviceName,
    fields: fieldsOfBoth(ofPre, fieldsOf(post, base, settings)),
    computed: [double('duration_ms', durationMs), ...skew],
    spanEvents: operation.spanEvents,
    derived: genAiAttributes(told, outcome),
  };
  return spanOf(shape, settings);
};

/** Layout `events`: the PRE's span, and as its child, of the same interval, the POST's. */
const pairAsTwo = (operation: OpenOperation, post: ClosingPost, settings: AssemblySettings): SpanRecord[] => {
  const { event: pre, kind, name, toolName } = operation;
  const { start, end, durationMs, skew } = intervalOf(pre, post.event);
  const both = { kind, start, end, outcome: outcomeOf(post.event, settings) };
  const base = baseAttributes(pre, pre.eventType, toolName);
  const first = {
    ...both,
    base,
    event: pre,
    spanId: operation.spanId,
    parent: operation.parent,
    name: named(pre.eventType, name),
    serviceName: pre.serviceName,
    fields: fieldsOfPre(pre, base, settings),
    computed: skew,
  };
  const postBase = baseAttributes(post.event, post.event.eventType, toolName);
  const second = {
    ...both,
    base: postBase,
    event: post.event,
    spanId: post.spanId,
    parent: operation.spanId,
    name: named(post.event.eventType, name),
    serviceName: post.event.serviceName ?? pre.serviceName,
    fields: fieldsOf(post.event, postBase, settings),
    computed: [double('duration_ms', durationMs), ...skew],
  };
  return [spanOf(first, settings), spanOf(second, settings)];
};

/** An operation and the POST that closes it. */
export const pairSpans = (
  operation: OpenOperation,
  post: ClosingPost,
  settings: AssemblySettings,
): SpanRecord[] =>
  settings.layout === 'operations'
    ? [pairAsOne(operation, post.event, settings)]
    : pairAsTwo(operation, post, settings);

/** A PRE that is given up, ending at the greatest timestamp of its trace, not before its start. */
export const abandonedSpan = (
  operation: OpenOperation,
  { greatest, reason }: { readonly greatest: bigint; readonly reason: string },
  settings: AssemblySettings,
): SpanRecord => {
  const { event, kind, name, toolName } = operation;
  const inOperations = settings.layout === 'operations';
  const last = greatest > event.timestamp ? greatest : event.timestamp;
  const outcome: Outcome = { status: { code: 'error', message: cut(reason, settings) }, events: [] };
  const base = baseAttributes(event, inOperations ? kind : event.eventType, toolName);
  const fields = fieldsOfPre(event, base, settings);
  const shape = {
    event,
    kind,
    outcome,
    base,
    fields,
    spanId: operation.spanId,
    parent: operation.parent,
    name: inOperations ? operationSpanName(kind, name, event.agentId) : named(event.eventType, name),
    start: toNanos(event.timestamp),
    end: toNanos(last),
    serviceName: event.serviceName,
    computed: [
      ...(inOperations ? [double('duration_ms', Number(last - event.timestamp) / 1000)] : []),
      ['kaizen.abandoned', true] as const,
    ],
    spanEvents: operation.spanEvents,
    derived: inOperations
      ? genAiAttributes(
          { kind, name, agentId: event.agentId, callId: event.callId, pre: fields.data },
          outcome,
        )
      : [],
  };
  return spanOf(shape, settings);
};

const nonNegative = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 ? value : undefined;

/** A POST whose PRE did not come: as long as it says, ending at its own timestamp. */
export const orphanSpan = (held: HeldPost, settings: AssemblySettings): SpanRecord => {
  const { event, kind, name } = held;
  const inOperations = settings.layout === 'operations';
  const durationMs = nonNegative(event.result?.durationMs) ?? nonNegative(event.data.duration_ms) ?? 0;
  const end = toNanos(event.timestamp);
  // No span is longer than all time since the epoch, which is below 10^19 ns.
  const length = BigInt(Math.round(Math.min(durationMs * 1e6, 1e19)));
  const outcome = outcomeOf(event, settings);
  const type = inOperations ? kind : event.eventType;
  const base = baseAttributes(event, type, textField(event, 'tool_name'));
  const fields = fieldsOf(event, base, settings);
  const shape = {
    event,
    kind,
    end,
    outcome,
    base,
    fields,
    spanId: held.spanId,
    parent: held.parent,
    name: inOperations ? operationSpanName(kind, name, event.agentId) : named(event.eventType, name),
    start: nanos(length > end ? 0n : end - length),
    serviceName: event.serviceName,
    computed: [double('duration_ms', durationMs), ['kaizen.orphan', true] as const],
    derived: inOperations
      ? genAiAttributes(
          { kind, name, agentId: event.agentId, callId: event.callId, post: event.data, pre: [] },
          outcome,
        )
      : [],
  };
  return spanOf(shape, settings);
};

/** A point event as a span without length, named by its type. */
export const pointSpan = (
  event: HookContext,
  { spanId, parent }: { readonly spanId: SpanId; readonly parent: SpanId | undefined },
  settings: AssemblySettings,
): SpanRecord => {
  const at = toNanos(event.timestamp);
  const base = baseAttributes(event, event.eventType, textField(event, 'tool_name'));
  const shape = {
    event,
    spanId,
    parent,
    name: event.eventType,
    kind: phaseOf(event.eventType).kind,
    start: at,
    end: at,
    serviceName: event.serviceName,
    base,
    fields: fieldsOf(event, base, settings),
    computed: [],
    outcome: outcomeOf(event, settings),
  };
  return spanOf(shape, settings);
};

/** A point event as an event of the operation that it fell in. */
export const pointSpanEvent = (event: HookContext, settings: AssemblySettings): SpanEvent => {
  const base = baseAttributes(event, event.eventType, textField(event, 'tool_name'));
  const fields = fieldsOf(event, base, settings);
  return {
    name: cut(event.eventType, settings),
    time: toNanos(event.timestamp),
    ...showAttributes({ base, fields, computed: [] }, settings),
  };
};
