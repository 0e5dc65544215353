import type { HookContext, SpanId, SpanRecord } from '@kaizen-trace/contracts';
import { phaseOf } from '@kaizen-trace/contracts';
import { callIdentity, otelTraceId, spanIdOf } from './identity.js';
import { momentOf } from './interval.js';
import { attributesOfPoint } from './layouts/point.js';
import { spanOf } from './layouts/span.js';
import { keyOf, nameOf } from './naming.js';
import type { Partition, PartitionState } from './state.js';
import { outcomeOfPoint, outcomeOfPost } from './status.js';

/**
 * The span of one event taken by itself, in layout `events`: named, identified and attributed as the fold would, of no
 * length, its parent only the one that it names, its status that of its own result. Does not change the state, whose
 * settings it uses and whose memory it does not.
 */
export const spanOfEvent = (state: PartitionState, event: HookContext): SpanRecord => {
  const { sha256, current: settings } = state as Partition;
  const { traceId, callId, parentCallId } = event;
  const { phase, kind } = phaseOf(event.eventType);
  const idOf = (identity: string): SpanId => spanIdOf(sha256, traceId, identity);
  const spanId = idOf(phase === 'pre' && callId !== undefined ? callIdentity(callId) : event.eventId);
  const named = parentCallId === undefined ? undefined : idOf(callIdentity(parentCallId));
  const outcomeOf = phase === 'post' ? outcomeOfPost : outcomeOfPoint;
  return spanOf({
    otelId: otelTraceId(sha256, traceId),
    settings,
    spanId,
    parentSpanId: named === spanId ? undefined : named,
    name: phase === 'point' ? kind : `${phase}_${keyOf(kind, nameOf(event, kind))}`,
    kind,
    serviceName: event.serviceName,
    interval: momentOf(event.timestamp),
    outcome: outcomeOf(event, settings.maxStringLength),
    attributes: attributesOfPoint(event, settings),
  });
};
