import type { AssemblySettings, Counts, PartitionState } from '@kaizen-trace/assembler-core';
import {
  countNames,
  countsOf,
  defaultSettings,
  settingsTable,
  streamTimeOf,
} from '@kaizen-trace/assembler-core';
import type { Millis } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import type { Offset } from '@kaizen-trace/ports';
import { offset } from '@kaizen-trace/ports';
import type { Unreadable } from './state-bytes.js';

/*
 * record  version:byte=1, then JSON: {topic, group, nextOffset: decimal string, streamTime, counts: {name: number},
 *         settingsTable: [settings], settings}. A count that is missing is 0, a setting that is missing has its default.
 */
const version = 1;

/** The truth about a partition's position, written by every commit under the key {@link partitionRecordKey}. */
export interface PartitionRecord {
  readonly topic: string;
  readonly group: string;
  readonly nextOffset: Offset;
  readonly streamTime: Millis;
  readonly counts: Counts;
  readonly settingsTable: readonly AssemblySettings[];
  /** Those of the table in force when the record was written; records of earlier releases do not say. */
  readonly settings?: AssemblySettings;
}

/** The reserved key of the partition's own record. */
export const partitionRecordKey = 'partition';

/** What the state says of itself, with the group, topic and position that it belongs to. */
export const partitionRecordOf = (
  state: PartitionState,
  place: Pick<PartitionRecord, 'group' | 'topic' | 'nextOffset' | 'settings'>,
): PartitionRecord => ({
  topic: place.topic,
  group: place.group,
  nextOffset: place.nextOffset,
  streamTime: streamTimeOf(state),
  counts: countsOf(state),
  settingsTable: settingsTable(state),
  ...(place.settings === undefined ? {} : { settings: place.settings }),
});

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** The partition's own record as bytes. */
export const encodePartitionRecord = (record: PartitionRecord): Uint8Array => {
  const text = JSON.stringify({ ...record, nextOffset: record.nextOffset.toString() });
  const json = encoder.encode(text);
  const bytes = new Uint8Array(json.length + 1);
  bytes[0] = version;
  bytes.set(json, 1);
  return bytes;
};

type Loose = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Loose =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const countsFrom = (stored: Loose): Counts =>
  Object.fromEntries(
    countNames.map((name) => {
      const value = stored[name];
      return [name, typeof value === 'number' ? value : 0];
    }),
  ) as unknown as Counts;

const recordFrom = (stored: unknown): PartitionRecord | undefined => {
  if (!isObject(stored)) return undefined;
  const { topic, group, nextOffset, streamTime, counts, settingsTable: table, settings: inForce } = stored;
  if (typeof topic !== 'string' || typeof group !== 'string' || typeof streamTime !== 'number')
    return undefined;
  if (typeof nextOffset !== 'string' || !/^\d+$/.test(nextOffset)) return undefined;
  if (!isObject(counts) || !Array.isArray(table) || !table.every(isObject)) return undefined;
  return {
    topic,
    group,
    nextOffset: offset(BigInt(nextOffset)),
    streamTime: millis(streamTime),
    counts: countsFrom(counts),
    settingsTable: table.map((settings): AssemblySettings => ({ ...defaultSettings, ...settings })),
    ...(isObject(inForce) ? { settings: { ...defaultSettings, ...inForce } } : {}),
  };
};

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
};

/** The partition's own record; never throws. */
export const decodePartitionRecord = (
  value: Uint8Array,
): { readonly type: 'decoded'; readonly record: PartitionRecord } | Unreadable => {
  const written = value[0];
  if (written !== version) {
    const reason =
      `format ${written ?? 'of no byte'} of the partition record is unknown, this release reads ${version}: ` +
      "run the release that wrote it, or delete the assembler's state and replay the event log from its start";
    return { type: 'unreadable', reason };
  }
  const record = recordFrom(parse(value.subarray(1)));
  if (record !== undefined) return { type: 'decoded', record };
  const reason =
    "the partition record is broken: delete the assembler's state and replay the event log from its start";
  return { type: 'unreadable', reason };
};
