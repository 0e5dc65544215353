import { createHash } from 'node:crypto';
import {
  createPartition,
  defaultSettings,
  foldRecord,
  type AssemblySettings,
} from '@kaizen-trace/assembler-core';
import {
  millis,
  readEvent,
  type EventJson,
  type HookContext,
  type SpanRecord,
} from '@kaizen-trace/contracts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Reads an event as the gateway does; every rule of the contract must hold, and nothing may be left to a default. */
export const accepted = (event: EventJson): HookContext => {
  const missing = (name: string) => (): never => {
    throw new Error(`the event has no ${name}: ${JSON.stringify(event)}`);
  };
  const reading = readEvent(event, {
    now: missing('timestamp'),
    newId: missing('event_id'),
    newTraceId: missing('trace_id'),
  });
  if (reading.type === 'refused') throw new Error(`${String(reading.field)} ${reading.reason}`);
  return reading.event;
};

/** The spans of events in log order, all ended: eight days pass at the end. */
export const spansOf = (
  events: readonly EventJson[],
  layout: AssemblySettings['layout'],
): readonly SpanRecord[] => {
  const state = createPartition({ ...defaultSettings, layout }, sha256);
  const records = events.map(accepted).map((event, index) => ({
    offset: BigInt(index),
    appendTime: millis(Number(event.timestamp / 1000n)),
    event,
  }));
  const last = records.at(-1)?.appendTime ?? 0;
  const days = Array.from({ length: 3 }, (_, index) => ({
    offset: BigInt(records.length + index),
    appendTime: millis(last + 4 * (index + 1) * 86_400_000),
  }));
  return [...records, ...days].flatMap((record) => [...foldRecord(state, record).spans]);
};

const attribute = (span: SpanRecord, key: string): unknown =>
  span.attributes.find(([name]) => name === key)?.[1];

const line = (span: SpanRecord): string => {
  const marks = [
    span.status.code === 'error' ? `ERROR ${span.status.message}` : '',
    attribute(span, 'kaizen.orphan') === true ? 'orphan' : '',
    attribute(span, 'kaizen.abandoned') === true ? 'abandoned' : '',
    ...span.events.map(({ name }) => name).filter((name) => name !== 'exception'),
  ].filter((mark) => mark !== '');
  return `${span.name}${marks.length === 0 ? '' : `  (${marks.join('; ')})`}`;
};

/** The spans as an indented tree of their names, siblings by their start; what has no parent stands at the left. */
export const treeOf = (spans: readonly SpanRecord[]): string => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const lines: string[] = [];
  const show = (parent: string | undefined, depth: number): void => {
    const children = spans
      .filter(({ parentSpanId }) => parentSpanId === parent)
      .toSorted((a, b) => Number(a.start - b.start));
    for (const child of children) {
      lines.push(`${'  '.repeat(depth)}${line(child)}`);
      show(child.spanId, depth + 1);
    }
  };
  show(undefined, 0);
  const dangling = spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId));
  for (const span of dangling) lines.push(`no such parent: ${line(span)}`);
  return `${lines.join('\n')}\n`;
};
