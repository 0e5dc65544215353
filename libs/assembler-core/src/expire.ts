import { unreachable } from '@kaizen-trace/contracts';
import type { Decision } from './facts.js';
import { betweenPreAndPost } from './interval.js';
import { layoutOf } from './layouts/layout.js';
import type { HeldPost, OpenOperation, TimerSubject } from './state.js';
import { givenUp } from './status.js';

const abandon = (
  operation: OpenOperation,
  how: 'expired' | 'crowded out' | 'ended',
  message: string,
): Decision => {
  const { trace, compiled, start } = operation;
  const span = layoutOf(compiled).abandoned({
    otelId: trace.otelId,
    settings: compiled,
    operation,
    // The trace has seen the PRE itself, so this is never before its start.
    interval: betweenPreAndPost(start, trace.greatestTimestamp),
    outcome: givenUp(message, compiled.maxStringLength),
  });
  return { facts: [{ type: 'OperationClosed', operation, how }], spans: [span] };
};

/** The oldest operation of a trace makes room for another. */
export const crowdOut = (operation: OpenOperation): Decision =>
  abandon(operation, 'crowded out', 'too many open operations');

/** An operation is ended before its time, for the reason given. */
export const giveUp = (operation: OpenOperation, message: string): Decision =>
  abandon(operation, 'ended', message);

const orphaned = (held: HeldPost): Decision => {
  const { trace, compiled, event, spanId, parentSpanId, kind, name } = held;
  const { otelId } = trace;
  const orphan = { otelId, settings: compiled, post: event, spanId, parentSpanId, kind, name };
  return { facts: [{ type: 'HeldExpired', held }], spans: [layoutOf(compiled).orphan(orphan)] };
};

/** What a passed deadline means. */
export const decideDue = (subject: TimerSubject): Decision => {
  switch (subject.type) {
    case 'operation':
      return abandon(subject.operation, 'expired', 'no POST event');
    case 'held':
      return orphaned(subject.held);
    case 'trace':
      return { facts: [{ type: 'TraceForgotten', trace: subject.trace }], spans: [] };
    default:
      return unreachable(subject);
  }
};
