import type { HeldEntry, OperationEntry, StateChange, TraceEntry } from '@kaizen-trace/assembler-core';
import type { Millis, SpanId } from '@kaizen-trace/contracts';
import { micros, millis, unreachable } from '@kaizen-trace/contracts';
import type { StateEntry } from '@kaizen-trace/ports';
import type { Unreadable } from './state-bytes.js';
import { BrokenBytesError, StateReader, StateWriter } from './state-bytes.js';
import type { StateKey } from './state-keys.js';
import { parseStateKey, stateChangeKey } from './state-keys.js';
import {
  readAttributes,
  readEvent,
  readSpanEvent,
  writeAttributes,
  writeEvent,
  writeSpanEvent,
} from './state-values.js';

export type { Unreadable } from './state-bytes.js';
export { stateChangeKey } from './state-keys.js';
export {
  decodePartitionRecord,
  encodePartitionRecord,
  partitionRecordKey,
  partitionRecordOf,
} from './partition-record.js';
export type { PartitionRecord } from './partition-record.js';

/*
 * entry      version:byte=2 due:uint48 body, where the key says which body; a due of 0 is none. Version 1 has no due.
 * trace      settings:varint, optional (spanId:8 agentId:string closed:boolean), greatestTimestamp lastAppendTime
 *            lastOffset:varint, eventFingerprints callFingerprints:list of double
 * operation  appendTime settings:varint spanId:8, optional parentSpanId:8, optional eventHash:8 (absent: the span id),
 *            kind:string, optional name toolName, agentId:string, optional callId serviceName, start:varint
 *            fields:attributes dataFields droppedFields:varint parentClosed:boolean spanEvents:list
 * held       appendTime settings:varint spanId:8, optional parentSpanId:8, event
 */
const version = 2;
const withoutDue = 1;

const writer = new StateWriter();

const writeTrace = (entry: TraceEntry): void => {
  const fingerprint = (value: number): void => writer.double(value);
  writer.uint(entry.settings);
  writer.optional(entry.root, (root) => {
    writer.hash(root.spanId);
    writer.string(root.agentId);
    writer.boolean(root.closed);
  });
  writer.bigUint(entry.greatestTimestamp);
  writer.uint(entry.lastAppendTime);
  writer.bigUint(entry.lastOffset);
  writer.list(entry.eventFingerprints, fingerprint);
  writer.list(entry.callFingerprints, fingerprint);
};

/** What is known of an entry before its body is read. */
type Head<Key> = Key & { readonly traceId: string; readonly due: Millis | undefined };

/** 0: the release that wrote it did not say. */
const unknownDue = millis(0);

const dueOfHead = (reader: StateReader, written: number): Millis | undefined => {
  if (written === withoutDue) return unknownDue;
  const time = reader.uint48();
  return time === 0 ? undefined : millis(time);
};

const dueIn = ({ due }: Head<object>): Millis => {
  if (due === undefined) throw new BrokenBytesError('never falls due');
  return due;
};

const readTrace = (reader: StateReader, { traceId, due }: Head<object>): TraceEntry => ({
  traceId,
  due,
  settings: reader.uint(),
  root: reader.optional(() => ({
    spanId: reader.hash() as SpanId,
    agentId: reader.string(),
    closed: reader.boolean(),
  })),
  greatestTimestamp: micros(reader.bigUint()),
  lastAppendTime: millis(reader.uint()),
  lastOffset: reader.bigUint(),
  eventFingerprints: reader.list(() => reader.double()),
  callFingerprints: reader.list(() => reader.double()),
});

const writeOperation = (entry: OperationEntry): void => {
  const text = (value: string): void => writer.string(value);
  const hash = (value: string): void => writer.hash(value);
  writer.uint(entry.appendTime);
  writer.uint(entry.settings);
  writer.hash(entry.spanId);
  writer.optional(entry.parentSpanId, hash);
  writer.optional(entry.eventHash === entry.spanId ? undefined : entry.eventHash, hash);
  writer.string(entry.kind);
  writer.optional(entry.name, text);
  writer.optional(entry.toolName, text);
  writer.string(entry.agentId);
  writer.optional(entry.callId, text);
  writer.optional(entry.serviceName, text);
  writer.bigUint(entry.start);
  writeAttributes(writer, entry.fields);
  writer.uint(entry.dataFields);
  writer.uint(entry.droppedFields);
  writer.boolean(entry.parentClosed);
  writer.list(entry.spanEvents, (spanEvent) => writeSpanEvent(writer, spanEvent));
};

const readOperation = (reader: StateReader, head: Head<{ readonly offset: bigint }>): OperationEntry => {
  const text = (): string => reader.string();
  const hash = (): SpanId => reader.hash() as SpanId;
  const appendTime = millis(reader.uint());
  const settings = reader.uint();
  const spanId = hash();
  return {
    traceId: head.traceId,
    offset: head.offset,
    due: dueIn(head),
    appendTime,
    settings,
    spanId,
    parentSpanId: reader.optional(hash),
    eventHash: reader.optional(hash) ?? spanId,
    kind: reader.string(),
    name: reader.optional(text),
    toolName: reader.optional(text),
    agentId: reader.string(),
    callId: reader.optional(text),
    serviceName: reader.optional(text),
    start: micros(reader.bigUint()),
    fields: readAttributes(reader),
    dataFields: reader.uint(),
    droppedFields: reader.uint(),
    parentClosed: reader.boolean(),
    spanEvents: reader.list(() => readSpanEvent(reader)),
  };
};

const writeHeld = (entry: HeldEntry): void => {
  writer.uint(entry.appendTime);
  writer.uint(entry.settings);
  writer.hash(entry.spanId);
  writer.optional(entry.parentSpanId, (value) => writer.hash(value));
  writeEvent(writer, entry.event);
};

const readHeld = (reader: StateReader, head: Head<{ readonly offset: bigint }>): HeldEntry => ({
  traceId: head.traceId,
  offset: head.offset,
  due: dueIn(head),
  appendTime: millis(reader.uint()),
  settings: reader.uint(),
  spanId: reader.hash() as SpanId,
  parentSpanId: reader.optional(() => reader.hash() as SpanId),
  event: readEvent(reader, head.traceId),
});

/** Whether there is a value to write; false for a removal. */
const writeValue = (change: StateChange): boolean => {
  if (change.value === undefined) return false;
  writer.byte(version);
  writer.uint48(change.value.due ?? 0);
  switch (change.type) {
    case 'trace':
      writeTrace(change.value);
      return true;
    case 'operation':
      writeOperation(change.value);
      return true;
    case 'held':
      writeHeld(change.value);
      return true;
    default:
      return unreachable(change);
  }
};

/** A change as it goes into the changelog; a removal has a null value. */
export const encodeStateChange = (change: StateChange): StateEntry => ({
  key: stateChangeKey(change),
  value: writeValue(change) ? writer.take() : null,
});

const readValue = (reader: StateReader, key: StateKey, due: Millis | undefined): StateChange => {
  switch (key.type) {
    case 'trace':
      return { ...key, type: 'trace', value: readTrace(reader, { ...key, due }) };
    case 'operation':
      return { ...key, type: 'operation', value: readOperation(reader, { ...key, due }) };
    case 'held':
      return { ...key, type: 'held', value: readHeld(reader, { ...key, due }) };
    default:
      return unreachable(key);
  }
};

const remedy = "delete the assembler's state and replay the event log from its start";

/** An entry of the changelog; never throws. */
export const decodeStateEntry = (
  key: string,
  value: Uint8Array,
): { readonly type: 'decoded'; readonly change: StateChange } | Unreadable => {
  const parsed = parseStateKey(key);
  if (parsed === undefined) {
    return { type: 'unreadable', reason: `the key ${JSON.stringify(key)} is of no known entry; ${remedy}` };
  }
  const reader = new StateReader(value);
  try {
    const written = reader.byte();
    if (written !== version && written !== withoutDue) {
      const reason = `format ${written} of an entry is unknown, this release reads ${version}: run the release that wrote it, or ${remedy}`;
      return { type: 'unreadable', reason };
    }
    const change = readValue(reader, parsed, dueOfHead(reader, written));
    reader.end();
    return { type: 'decoded', change };
  } catch (error) {
    if (!(error instanceof BrokenBytesError)) throw error;
    return {
      type: 'unreadable',
      reason: `the entry ${JSON.stringify(key)} is broken: ${error.message}; ${remedy}`,
    };
  }
};
