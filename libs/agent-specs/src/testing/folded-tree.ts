import { createHash } from 'node:crypto';
import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import {
  countsOf,
  createPartition,
  defaultSettings,
  foldRecord,
  heldByCounts,
  openByCounts,
} from '@kaizen-trace/assembler-core';
import type { Attribute, SpanRecord } from '@kaizen-trace/contracts';
import { micros, millis, readEvent } from '@kaizen-trace/contracts';
import type { SettledEvent } from './settled.js';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

const defaults = {
  now: () => micros(0n),
  newId: (): string => {
    throw new Error('an event of a recording has its id');
  },
  newTraceId: (): string => {
    throw new Error('an event of an adapter has its trace');
  },
};

/** What a run's events come to. */
export interface Folded {
  readonly spans: readonly SpanRecord[];
  /** Operations still open at the end. */
  readonly open: number;
  /** POSTs without the operation that they end. */
  readonly unmatched: number;
}

/** Folds events in order, as the assembler would. @throws Error where the contract refuses one. */
export const fold = (events: readonly SettledEvent[], layout: AssemblySettings['layout']): Folded => {
  const state = createPartition({ ...defaultSettings, layout }, sha256);
  const spans = events.flatMap((value, index) => {
    const reading = readEvent(value, defaults);
    if (reading.type !== 'accepted') throw new Error(`event ${index + 1}: ${JSON.stringify(reading)}`);
    const record = { offset: BigInt(index), appendTime: millis(1_000_000 + index), event: reading.event };
    return foldRecord(state, record).spans;
  });
  const counts = countsOf(state);
  return { spans, open: openByCounts(counts), unmatched: counts.orphans + heldByCounts(counts) };
};

const shownStatus = ({ status }: SpanRecord): string => {
  switch (status.code) {
    case 'ok':
      return 'ok';
    case 'error':
      return `ERROR ${status.message.split('\n')[0]!}`;
    case 'unset':
      return 'unset';
  }
};

const shownKeys = new Set(['error.type', 'name', 'turn', 'step_number', 'guardrail_name', 'triggered']);

const isShown = ([key]: Attribute): boolean => key.startsWith('gen_ai.') || shownKeys.has(key);

const shownValue = ([key, value]: Attribute): string => `${key}=${JSON.stringify(value)}`;

const lineOf = (span: SpanRecord): string => {
  const happened = span.events.filter(({ name }) => name !== 'exception').map(({ name }) => name);
  const points = happened.length === 0 ? '' : ` {${happened.join(', ')}}`;
  return `${span.name} [${span.kind === 'client' ? 'client, ' : ''}${shownStatus(span)}]${points}`;
};

/** The spans as a tree in text, brothers in the order of their starts; with what tells them apart where asked. */
export const treeOf = (spans: readonly SpanRecord[], withAttributes: boolean): string => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const lines: string[] = [];
  const show = (span: SpanRecord, depth: number): void => {
    const indent = '  '.repeat(depth);
    lines.push(`${indent}${lineOf(span)}`);
    if (withAttributes)
      for (const attribute of span.attributes.filter(isShown))
        lines.push(`${indent}    ${shownValue(attribute)}`);
    childrenOf(span.spanId).forEach((child) => show(child, depth + 1));
  };
  const inOrder = [...spans].sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  const childrenOf = (parent: string): readonly SpanRecord[] =>
    inOrder.filter((span) => span.parentSpanId === parent);
  for (const span of inOrder) {
    if (span.parentSpanId === undefined) show(span, 0);
    else if (!ids.has(span.parentSpanId)) lines.push(`WITHOUT ITS PARENT ${lineOf(span)}`);
  }
  return `${lines.join('\n')}\n`;
};
