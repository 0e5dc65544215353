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
import type { SpanRecord } from '@kaizen-trace/contracts';
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
import { layouts, run } from './testing/arbitrary-run.js';
import { MemoryStore } from './testing/memory-store.js';

const sha256 = (text: string): string => hash('sha256', text, 'hex');

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

  it('is taken up where an older release has left it, without deadlines', () => {
    /** The same entry as the first format had it: another version, and no due time. */
    const asFirst = (value: Uint8Array): Uint8Array => Uint8Array.of(1, ...value.subarray(7));
    fc.assert(
      fc.property(run, layouts, fc.nat({ max: 30 }), (records, layout, upgradeAt) => {
        const settings = { ...defaultSettings, layout };
        const straight = createPartition(settings, sha256);
        const store = new MemoryStore();
        let state = resumePartition(settings, sha256, {
          traces: savedTracesIn(store, 0),
          position: undefined,
        });
        const end: FoldInput = { offset: 10n ** 15n, appendTime: millis(1e14) };
        [...records, end].forEach((record, index) => {
          if (index === upgradeAt) {
            for (const [key, value] of store.values) store.values.set(key, asFirst(value));
            state = throughBytes(store, state, settings);
          }
          const { spans, changes } = foldRecord(state, record);
          expect(spans).toEqual(foldRecord(straight, record).spans);
          store.write(changes.map(encodeStateChange));
          putTracesAside(state, { savedBefore: record.offset + 1n, bytes: 0 });
        });
        expect(store.values.size).toBe(0);
      }),
      { numRuns: 150 },
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
