import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AssemblySettings, FoldInput, PartitionState, StateChange } from '@kaizen-trace/assembler-core';
import {
  createPartition,
  defaultSettings,
  foldRecord,
  putTracesAside,
  resumePartition,
  snapshotEntries,
} from '@kaizen-trace/assembler-core';
import type { Fields, HookContext, SpanRecord } from '@kaizen-trace/contracts';
import { micros, millis } from '@kaizen-trace/contracts';
import { offset, type StateStore } from '@kaizen-trace/ports';
import { savedTracesIn } from './saved-traces.js';
import {
  decodePartitionRecord,
  decodeStateEntry,
  encodePartitionRecord,
  encodeStateChange,
  partitionRecordKey,
  partitionRecordOf,
  stateChangeKey,
} from './state-codec.js';
import { MemoryStore } from './testing/memory-store.js';

const sha256 = (text: string): string => hash('sha256', text, 'hex');

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('\ud800', 'a\udfffb', 'ü🙂', '\\u0041\\', ''),
);
const json = fc.oneof(
  text,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.double(), { maxLength: 3 }),
  fc.array(fc.boolean(), { maxLength: 3 }),
  fc.constant({ deep: [1, null, { x: 'y' }] }),
);
const fields: fc.Arbitrary<Fields> = fc.dictionary(
  fc.oneof(text, fc.constantFrom('__proto__', 'tool_name', '7')),
  json,
  {
    maxKeys: 4,
  },
);
const anyText = fc.oneof(
  fc.constantFrom('t', 'run\\42', '\ud83d', '\\ud83d', 'a\0b'),
  text.filter((each) => each !== ''),
);

const event: fc.Arbitrary<HookContext> = fc.record(
  {
    eventId: fc.uuid(),
    traceId: anyText,
    eventType: fc.constantFrom(
      'pre_agent_loop',
      'post_agent_loop',
      'pre_tool_use',
      'post_tool_use',
      'post_custom',
      'note',
    ),
    agentId: anyText,
    timestamp: fc.bigInt({ min: 0n, max: 9_223_372_035_999_999n }).map(micros),
    serviceName: anyText,
    callId: anyText,
    parentCallId: anyText,
    data: fields,
    metadata: fields,
    result: fc.record(
      { success: fc.boolean(), error: text, errorType: text, stack: text, durationMs: fc.double() },
      { requiredKeys: ['success'] },
    ),
  },
  { requiredKeys: ['eventId', 'traceId', 'eventType', 'agentId', 'timestamp', 'data', 'metadata'] },
);

const run = fc
  .array(fc.tuple(event, fc.nat({ max: 20_000 })), { maxLength: 30 })
  .map((events): readonly FoldInput[] => {
    let at = 1_700_000_000_000;
    return events.map(([each, gap], index) => {
      at += gap;
      return { offset: BigInt(index) * 3_000_000_007n, appendTime: millis(at), event: each };
    });
  });
const layouts = fc.constantFrom<AssemblySettings['layout']>('events', 'operations');

const place = { topic: 'kaizen.hook-events', group: 'kaizen-assembler', nextOffset: offset(0n) };

const throughBytes = (
  store: StateStore,
  state: PartitionState,
  settings: AssemblySettings,
): PartitionState => {
  const decoding = decodePartitionRecord(encodePartitionRecord(partitionRecordOf(state, place)));
  if (decoding.type !== 'decoded') throw new Error(decoding.reason);
  const traces = savedTracesIn(store, 0);
  return resumePartition(settings, sha256, { traces, position: decoding.record });
};

describe('the saved state', () => {
  it('gives the same spans as no save, when each change is stored and the whole is restored before every record', () => {
    fc.assert(
      fc.property(run, layouts, (records, layout) => {
        const settings = { ...defaultSettings, layout };
        const straight = createPartition(settings, sha256);
        const store = new MemoryStore();
        let saved = createPartition(settings, sha256);
        const end: FoldInput = { offset: 10n ** 15n, appendTime: millis(1e14) };
        for (const record of [...records, end]) {
          const expected: readonly SpanRecord[] = foldRecord(straight, record).spans;
          saved = throughBytes(store, saved, settings);
          const { spans, changes } = foldRecord(saved, record);
          expect(spans).toEqual(expected);
          store.write(changes.map(encodeStateChange));
        }
        expect(store.values.size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the same spans where it goes on in one process, and what is not at work is read back', () => {
    fc.assert(
      fc.property(run, layouts, fc.integer({ min: 1, max: 4 }), (records, layout, lag) => {
        const settings = { ...defaultSettings, layout };
        const straight = createPartition(settings, sha256);
        const store = new MemoryStore();
        const state = resumePartition(settings, sha256, {
          traces: savedTracesIn(store, 0),
          position: undefined,
        });
        const end: FoldInput = { offset: 10n ** 15n, appendTime: millis(1e14) };
        let unsaved: StateChange[] = [];
        [...records, end].forEach((record, index) => {
          const { spans, changes } = foldRecord(state, record);
          expect(spans).toEqual(foldRecord(straight, record).spans);
          unsaved.push(...changes);
          if (index % lag > 0) return;
          store.write(unsaved.map(encodeStateChange));
          unsaved = [];
          putTracesAside(state, { savedBefore: record.offset + 1n, bytes: 0 });
        });
      }),
      { numRuns: 100 },
    );
  });

  it('has a key of its own for every entry, which says which', () => {
    const ids = [
      't',
      't:1',
      '1:t',
      '\\',
      '\\\\',
      '\ud800',
      '\\ud800',
      '\ufffd',
      '1\0t',
      '\0',
      'partition',
      'o:1:t',
      'x'.repeat(256),
    ];
    const changes = ids.flatMap((traceId): StateChange[] => [
      { type: 'trace', traceId, value: undefined },
      { type: 'operation', traceId, offset: 1n, value: undefined },
      { type: 'operation', traceId, offset: 11n, value: undefined },
      { type: 'held', traceId, offset: 1n, value: undefined },
    ]);
    const keys = changes.map(stateChangeKey);
    expect(new Set(keys.map((key) => Buffer.from(key, 'utf8').toString('hex'))).size).toBe(changes.length);
    expect(keys).not.toContain(partitionRecordKey);
  });

  it('keeps a key within 1,600 bytes for the longest of trace ids', () => {
    for (const unit of ['x', '\\', '€', '\ud800', '\0']) {
      const key = stateChangeKey({
        type: 'operation',
        traceId: unit.repeat(256),
        offset: 2n ** 63n,
        value: undefined,
      });
      expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1600);
    }
  });

  it('is a tombstone where an entry is removed', () => {
    expect(encodeStateChange({ type: 'held', traceId: 't', offset: 7n, value: undefined })).toEqual({
      key: 'h:7:t',
      value: null,
    });
  });
});

describe('the entry of a held POST', () => {
  it('is hardly larger than its event, whatever is nested in it', () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => [n % 10]);
    const state = createPartition(defaultSettings, sha256);
    const told = { traceId: 't', eventId: 'e', eventType: 'post_x', agentId: 'a', timestamp: micros(1n) };
    foldRecord(state, {
      offset: 0n,
      appendTime: millis(1),
      event: { ...told, data: { numbers }, metadata: {} },
    });
    const held = [...snapshotEntries(state)].filter(({ type }) => type === 'held');
    expect(held.map((change) => encodeStateChange(change).value?.length)).toEqual([expect.any(Number)]);
    expect(encodeStateChange(held[0]!).value?.length).toBeLessThan(JSON.stringify(numbers).length + 100);
  });
});

const entries = (): { readonly key: string; readonly value: Uint8Array }[] => {
  const state = createPartition(defaultSettings, sha256);
  const told = { traceId: 't', agentId: 'a', timestamp: micros(1n), data: { a: 'b' }, metadata: {} };
  ['pre_agent_loop', 'post_tool_use'].forEach((eventType, index) =>
    foldRecord(state, {
      offset: BigInt(index),
      appendTime: millis(1),
      event: { ...told, eventType, eventId: eventType },
    }),
  );
  return [...snapshotEntries(state)].map((change) => {
    const { key, value } = encodeStateChange(change);
    return { key, value: value ?? new Uint8Array() };
  });
};

describe('bytes that cannot be read', () => {
  it('of an unknown format are refused by its number, with the way on', () => {
    for (const { key, value } of entries()) {
      const other = Uint8Array.of(9, ...value.subarray(1));
      expect(decodeStateEntry(key, other)).toEqual({
        type: 'unreadable',
        reason: expect.stringMatching(/format 9 .*replay/),
      });
    }
    expect(decodePartitionRecord(Uint8Array.of(9))).toEqual({
      type: 'unreadable',
      reason: expect.stringMatching(/format 9 .*replay/),
    });
  });
  it('or are cut or too long, or have a key of no entry, are refused', () => {
    for (const { key, value } of entries()) {
      for (let length = 0; length < value.length; length++) {
        expect(decodeStateEntry(key, value.subarray(0, length)).type).toBe('unreadable');
      }
      expect(decodeStateEntry(key, Uint8Array.of(...value, 0)).type).toBe('unreadable');
      expect(decodeStateEntry('elsewhere', value).type).toBe('unreadable');
    }
    for (const broken of ['', '{', '[]', '{"topic":"t"}']) {
      expect(decodePartitionRecord(Uint8Array.of(1, ...Buffer.from(broken))).type).toBe('unreadable');
    }
  });
  it('are never an exception', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('t:x', 'o:1:x', 'h:1:x', 'x'),
        fc.uint8Array({ maxLength: 60 }),
        (key, bytes) => {
          decodeStateEntry(key, Uint8Array.of(2, ...bytes));
          decodePartitionRecord(Uint8Array.of(1, ...bytes));
        },
      ),
    );
  });
});

describe('the partition record', () => {
  it('comes back as it was, offsets past 2^53 too', () => {
    const state = createPartition({ ...defaultSettings, eventsToTrace: ['note'] }, sha256);
    const record = partitionRecordOf(state, { ...place, nextOffset: offset(2n ** 60n + 1n) });
    expect(decodePartitionRecord(encodePartitionRecord(record))).toEqual({ type: 'decoded', record });
  });
  it('of an older release gets the default of a setting and 0 for a count that it did not know', () => {
    const old =
      '{"topic":"t","group":"g","nextOffset":"5","streamTime":7,"counts":{"events":3},"settingsTable":[{"layout":"operations"}]}';
    const decoding = decodePartitionRecord(Uint8Array.of(1, ...Buffer.from(old)));
    expect(decoding).toMatchObject({
      type: 'decoded',
      record: {
        nextOffset: 5n,
        counts: { events: 3, spans: 0 },
        settingsTable: [{ ...defaultSettings, layout: 'operations' }],
      },
    });
  });
});
