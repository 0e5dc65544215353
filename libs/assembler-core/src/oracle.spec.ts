import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '@kaizen-trace/contracts';
import { micros, millis, readEvent } from '@kaizen-trace/contracts';
import { foldRecord } from './assemble.js';
import { countsOf, snapshotEntries } from './partition.js';
import { createPartition } from './restore.js';
import type { AssemblySettings } from './settings.js';
import { defaultSettings } from './settings.js';
import { positionOf, restorePartition } from './testing/kept-traces.js';
import type { OracleAnswer, OracleRecord } from './testing/oracle.js';
import { oracle } from './testing/oracle.js';
import type { SmallWorld } from './testing/oracle-worlds.js';
import { crowdedWorlds, smallWorlds } from './testing/oracle-worlds.js';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** What the implementation makes of a log, record by record; with `restored`, from a saved state at each record. */
const folded = ({ records, settings }: SmallWorld, restored = false): OracleAnswer[] => {
  let state = createPartition(settings, sha256);
  return records.map((record) => {
    if (restored) {
      state = restorePartition(settings, sha256, {
        changes: [...snapshotEntries(state)].reverse(),
        position: positionOf(state),
      });
    }
    const before = countsOf(state);
    const { spans } = foldRecord(state, { ...record, appendTime: millis(record.appendTime) });
    const after = countsOf(state);
    return {
      spans: [...spans],
      duplicates: after.duplicates - before.duplicates,
      reusedCallIds: after.reusedCallIds - before.reusedCallIds,
    };
  });
};

const agree = (world: SmallWorld): void => {
  expect(folded(world)).toEqual(oracle(world.records, world.settings));
};

/** A log from the JSON of its events, one millisecond apart. */
const logOf = (
  settings: Partial<AssemblySettings>,
  events: readonly Readonly<Record<string, JsonValue>>[],
): SmallWorld => ({
  settings: { ...defaultSettings, ...settings },
  records: events.map((event, position): OracleRecord => {
    const json = {
      agent_id: 'a',
      trace_id: 't',
      event_id: `e${position}`,
      timestamp: position + 1,
      ...event,
    };
    const reading = readEvent(json, { newId: String, newTraceId: String, now: () => micros(0n) });
    if (reading.type === 'refused') throw new Error(reading.reason);
    return { offset: BigInt(position), appendTime: 1000 + position, event: reading.event };
  }),
});

describe('the fold, beside an independent reading of the contract', () => {
  it('gives the same spans in the same order, on the same small logs each time', () => {
    fc.assert(fc.property(smallWorlds(40), agree), { numRuns: 300, seed: 20_261_122 });
  });

  it('gives the same spans in the same order, on logs that nobody has seen before', () => {
    fc.assert(fc.property(smallWorlds(40), agree), { numRuns: 150 });
  });

  it('gives the same spans in the same order where dozens of operations are open in one trace', () => {
    fc.assert(fc.property(crowdedWorlds(40), agree), { numRuns: 100, seed: 20_261_122 });
    fc.assert(fc.property(crowdedWorlds(40), agree), { numRuns: 50 });
  });

  it('gives the same spans where its state is saved and restored before every record', () => {
    const survives = (world: SmallWorld): void => {
      expect(folded(world, true)).toEqual(oracle(world.records, world.settings));
    };
    fc.assert(fc.property(smallWorlds(25), survives), { numRuns: 60 });
    fc.assert(fc.property(crowdedWorlds(10), survives), { numRuns: 20 });
  });

  it('gives a PRE an id of its own where its call_id is that of the operation it crowds out', () => {
    const world = logOf({ maxOpenOperations: 2, rememberedCallIds: 1 }, [
      { event_type: 'pre_agent_loop', call_id: 'c1' },
      { event_type: 'pre_plan_generation', call_id: 'c2' },
      { event_type: 'pre_tool_use', call_id: 'c1' },
      { event_type: 'post_tool_use', call_id: 'c1' },
    ]);
    const spans = folded(world).flatMap((answer) => answer.spans);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(3);
    expect(folded(world)[2]?.reusedCallIds).toBe(1);
    agree(world);
  });

  it('never shows the value of the PRE for a field that the POST has, however many fields there are', () => {
    const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`field_${index}`, 'POST']));
    const world = logOf({ layout: 'operations', maxAttributes: 9 }, [
      { event_type: 'pre_tool_use', data: { field_8: 'PRE' } },
      { event_type: 'post_tool_use', metadata: many },
    ]);
    const [span] = folded(world).flatMap((answer) => answer.spans);
    expect(span?.attributes.filter(([, value]) => value === 'PRE')).toEqual([]);
    expect(span?.droppedAttributes).toBe(6);
    agree(world);
  });

  it('begins an orphan that says it lasted since before the epoch exactly at the epoch', () => {
    const result = { success: true, duration_ms: 1e30 };
    const world = logOf({ reorderGraceMs: 0 }, [
      { event_type: 'post_tool_use', timestamp: 1_761_234_567.000006, result },
      { event_type: 'note' },
    ]);
    const [orphan] = folded(world).flatMap((answer) => answer.spans);
    expect(orphan?.start).toBe(0n);
    agree(world);
  });
});
