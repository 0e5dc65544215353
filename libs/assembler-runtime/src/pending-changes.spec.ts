import { describe, expect, it } from '@jest/globals';
import type { OperationEntry, StateChange } from '@kaizen-trace/assembler-core';
import { micros, millis } from '@kaizen-trace/contracts';
import type { SpanId } from '@kaizen-trace/contracts';
import { createPendingChanges } from './pending-changes.js';

const operation = (offset: bigint, kind: string): OperationEntry => ({
  traceId: 'trace',
  offset,
  appendTime: millis(1),
  settings: 0,
  spanId: '00000000000000aa' as SpanId,
  parentSpanId: undefined,
  eventHash: '00000000000000aa',
  kind,
  name: undefined,
  toolName: undefined,
  agentId: 'agent',
  callId: undefined,
  serviceName: undefined,
  start: micros(1n),
  fields: [],
  dataFields: 0,
  droppedFields: 0,
  parentClosed: false,
  spanEvents: [],
  due: millis(2),
});

const opened = (offset: bigint, kind = 'tool_use'): StateChange => ({
  type: 'operation',
  traceId: 'trace',
  offset,
  value: operation(offset, kind),
});

const closed = (offset: bigint): StateChange => ({
  type: 'operation',
  traceId: 'trace',
  offset,
  value: undefined,
});

describe('the changes of one unit', () => {
  it('keep only the last change of an entry', () => {
    const pending = createPendingChanges(10n);
    pending.add([opened(10n, 'tool_use'), opened(10n, 'llm_call')]);
    const once = createPendingChanges(10n);
    once.add([opened(10n, 'llm_call')]);
    expect(pending.entries()).toEqual(once.entries());
    expect(pending.entries()).toHaveLength(1);
  });

  it('write nothing of an operation that opened and closed within the unit', () => {
    const pending = createPendingChanges(10n);
    pending.add([opened(10n), opened(11n), closed(10n)]);
    pending.add([closed(11n)]);
    expect(pending.entries()).toEqual([]);
  });

  it('write a tombstone for an operation that an earlier unit may have written', () => {
    const pending = createPendingChanges(10n);
    pending.add([closed(9n)]);
    expect(pending.entries()).toEqual([{ key: 'o:9:trace', value: null }]);
  });

  it('write the tombstone also where the entry changed once more before it closed', () => {
    const pending = createPendingChanges(10n);
    pending.add([opened(9n), closed(9n)]);
    expect(pending.entries()).toEqual([{ key: 'o:9:trace', value: null }]);
  });
});
