import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import { attributesOf, ownFields, roomFor } from '../attributes.js';
import type { OperationEntry } from '../entries.js';
import type { Interval } from '../interval.js';
import { betweenPreAndPost, orphanInterval } from '../interval.js';
import { keyOf, toolNameOf } from '../naming.js';
import type { Outcome } from '../status.js';
import { outcomeOfPost } from '../status.js';
import { abandonedMark, durationOf, orphanMark, skewOf } from './computed.js';
import type { Abandoned, Orphan, Pair } from './span.js';
import { spanOf } from './span.js';

interface PreEnding extends Pick<Abandoned, 'otelId' | 'settings'> {
  readonly operation: OperationEntry;
  readonly interval: Interval;
  readonly outcome: Outcome;
  readonly computed: readonly Attribute[];
}

const preSpan = (ending: PreEnding): SpanRecord => {
  const { operation, computed, settings } = ending;
  const { agentId, traceId, toolName, kind, fields, droppedFields: dropped } = operation;
  const head = { agentId, eventType: `pre_${kind}`, traceId, toolName };
  return spanOf({
    otelId: ending.otelId,
    settings,
    interval: ending.interval,
    outcome: ending.outcome,
    spanId: operation.spanId,
    parentSpanId: operation.parentSpanId,
    name: `pre_${keyOf(kind, operation.name)}`,
    kind,
    serviceName: operation.serviceName,
    attributes: attributesOf({ head, fields, computed, dropped }, settings),
    spanEvents: operation.spanEvents,
  });
};

const postSpan = (pair: Pair, interval: Interval, outcome: Outcome): SpanRecord => {
  const { operation, post, settings, otelId } = pair;
  const { kind, name, toolName } = operation;
  const skew = skewOf(interval);
  const room = roomFor(toolName, skew.length > 0 ? 'duration and skew' : 'duration', settings.maxAttributes);
  const { fields, dropped } = ownFields(post, settings, room);
  const head = { agentId: post.agentId, eventType: post.eventType, traceId: post.traceId, toolName };
  const computed = [durationOf(interval), ...skew];
  return spanOf({
    otelId,
    settings,
    spanId: pair.postSpanId,
    parentSpanId: operation.spanId,
    name: `post_${keyOf(kind, name)}`,
    kind,
    serviceName: post.serviceName ?? operation.serviceName,
    interval,
    outcome,
    attributes: attributesOf({ head, fields, computed, dropped }, settings),
  });
};

/** The PRE's span and, as its child of the same interval, the POST's. */
export const pairAsEvents = (pair: Pair): readonly SpanRecord[] => {
  const { operation, post, settings, otelId } = pair;
  const interval = betweenPreAndPost(operation.start, post.timestamp);
  const outcome = outcomeOfPost(post, settings.maxStringLength);
  return [
    preSpan({ otelId, settings, operation, interval, outcome, computed: skewOf(interval) }),
    postSpan(pair, interval, outcome),
  ];
};

/** The PRE's span alone. */
export const abandonedAsEvents = (abandoned: Abandoned): SpanRecord =>
  preSpan({ ...abandoned, computed: [abandonedMark] });

/** The POST's span alone. */
export const orphanAsEvents = (orphan: Orphan): SpanRecord => {
  const { post, settings, kind, name } = orphan;
  const toolName = toolNameOf(post);
  const interval = orphanInterval(post);
  const room = roomFor(toolName, 'duration and orphan', settings.maxAttributes);
  const { fields, dropped } = ownFields(post, settings, room);
  const head = { agentId: post.agentId, eventType: post.eventType, traceId: post.traceId, toolName };
  const computed = [durationOf(interval), orphanMark];
  return spanOf({
    ...orphan,
    name: `post_${keyOf(kind, name)}`,
    serviceName: post.serviceName,
    interval,
    outcome: outcomeOfPost(post, settings.maxStringLength),
    attributes: attributesOf({ head, fields, computed, dropped }, settings),
  });
};
