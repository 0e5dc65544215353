import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import { attributesOf } from '../attributes.js';
import { progressIdentity, spanIdOf, type Sha256Hex } from '../identity.js';
import { momentOf } from '../interval.js';
import { keyOf } from '../naming.js';
import type { OpenOperation } from '../state.js';
import { spanOf } from './span.js';

/**
 * A placeholder for an operation that has just begun, so that a backend shows it before it ends: of no length, under an
 * id of its own, since one id must not get two bodies. It stays beside the operation's span when that comes.
 */
export const progressSpan = (operation: OpenOperation, sha256: Sha256Hex): SpanRecord => {
  const { trace, compiled, kind, name, agentId, traceId, toolName, spanId, fields } = operation;
  const computed: readonly Attribute[] = [
    ['kaizen.progress', true],
    ['kaizen.operation_span_id', spanId],
  ];
  const head = { agentId, eventType: `pre_${kind}`, traceId, toolName };
  const dropped = operation.droppedFields;
  return spanOf({
    otelId: trace.otelId,
    settings: compiled,
    spanId: spanIdOf(sha256, traceId, progressIdentity(spanId)),
    parentSpanId: operation.parentSpanId,
    name: `running ${keyOf(kind, name)}`,
    kind,
    serviceName: operation.serviceName,
    interval: momentOf(operation.start),
    outcome: { status: { code: 'unset' } },
    attributes: attributesOf({ head, fields, computed, dropped }, compiled),
  });
};
