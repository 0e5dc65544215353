import { createHash } from 'node:crypto';
import type { AttributeValue, Fields, HookContext, HookResult, SpanRecord } from '@kaizen-trace/contracts';
import { micros, millis } from '@kaizen-trace/contracts';
import type { AssemblySettings, Counts, FoldInput, PartitionState, StateChange } from '../index.js';
import { countsOf, createPartition, defaultSettings, foldRecord } from '../index.js';

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** What a test says of an event; the rest has a default. `t` is the agent's clock in milliseconds. */
export interface Told {
  readonly id?: string;
  readonly trace?: string;
  readonly agent?: string;
  readonly t?: number;
  readonly call?: string;
  readonly parentCall?: string;
  readonly service?: string;
  readonly data?: Fields;
  readonly metadata?: Fields;
  readonly result?: HookResult;
}

export interface Step extends Told {
  readonly type?: string;
  /** Append time in milliseconds; by default that of the step before. */
  readonly at?: number;
}

export const pre = (kind: string, told: Told & { at?: number } = {}): Step => ({
  ...told,
  type: `pre_${kind}`,
});
export const post = (kind: string, told: Told & { at?: number } = {}): Step => ({
  ...told,
  type: `post_${kind}`,
});
export const point = (type: string, told: Told & { at?: number } = {}): Step => ({ ...told, type });
/** Only time passes. */
export const tick = (at: number): Step => ({ at });
export const tool = (name: string): { readonly data: Fields } => ({ data: { tool_name: name } });

export const traceId = '0af76519-16cd-43dd-8448-eb211c80319c';

const present = <Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): Partial<Record<Key, Value>> =>
  (value === undefined ? {} : { [key]: value }) as Partial<Record<Key, Value>>;

const eventOf = (step: Step & { readonly type: string }, index: number): HookContext => ({
  eventId: step.id ?? `e${index}`,
  traceId: step.trace ?? traceId,
  eventType: step.type,
  agentId: step.agent ?? 'a',
  timestamp: micros(BigInt(Math.round((step.t ?? index) * 1000))),
  data: step.data ?? {},
  metadata: step.metadata ?? {},
  ...present('serviceName', step.service),
  ...present('callId', step.call),
  ...present('parentCallId', step.parentCall),
  ...present('result', step.result),
});

/** Steps as records: offsets count up, append times go on where none is told. */
export const recordsOf = (steps: readonly Step[]): readonly FoldInput[] => {
  let at = 1_000_000;
  return steps.map((step, index) => {
    at = step.at ?? at;
    const { type } = step;
    const record = { offset: BigInt(index), appendTime: millis(at) };
    return type === undefined ? record : { ...record, event: eventOf({ ...step, type }, index) };
  });
};

export interface Folded {
  readonly state: PartitionState;
  readonly spans: readonly SpanRecord[];
  readonly changes: readonly StateChange[];
  readonly counts: Counts;
  /** The only span of this name. */
  readonly span: (name: string) => SpanRecord;
  /** Names of the spans in the order of their coming. */
  readonly names: readonly string[];
}

export const foldInto = (state: PartitionState, records: readonly FoldInput[]): Folded => {
  const outputs = records.map((record) => foldRecord(state, record));
  const spans = outputs.flatMap((output) => output.spans);
  return {
    state,
    spans,
    changes: outputs.flatMap((output) => output.changes),
    counts: countsOf(state),
    names: spans.map((span) => span.name),
    span: (name) => {
      const found = spans.filter((span) => span.name === name);
      if (found.length !== 1)
        throw new Error(`${found.length} spans named ${name}: ${spans.map((s) => s.name).join()}`);
      return found[0]!;
    },
  };
};

export const fold = (steps: readonly Step[], settings: Partial<AssemblySettings> = {}): Folded =>
  foldInto(createPartition({ ...defaultSettings, ...settings }, sha256), recordsOf(steps));

export const attribute = (span: SpanRecord, key: string): AttributeValue | undefined =>
  span.attributes.find(([name]) => name === key)?.[1];

export const keysOf = (span: SpanRecord): readonly string[] => span.attributes.map(([key]) => key);

/** The span id of an identity, worked out apart from the core. */
export const idOf = (identity: string, trace = traceId): string =>
  sha256(`${trace}\u001f${identity}`).slice(0, 16);
export const callIdOf = (callId: string, trace = traceId): string => idOf(`\u001e${callId}`, trace);

/** Nanoseconds of a time in milliseconds. */
export const ns = (ms: number): bigint => BigInt(Math.round(ms * 1000)) * 1000n;
