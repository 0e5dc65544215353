import { describe, expect, it } from '@jest/globals';
import { millis } from '@kaizen-trace/contracts';
import type { Folded, Step } from './testing/folding.js';
import {
  attribute,
  fold,
  foldInto,
  point,
  post,
  pre,
  recordsOf,
  sha256,
  tick,
  tool,
} from './testing/folding.js';
import { positionOf, restorePartition } from './testing/kept-traces.js';
import type { AssemblySettings, PartitionState, StateChange } from './index.js';
import { InconsistentStateError } from './index.js';
import {
  countsOf,
  createPartition,
  defaultSettings,
  foldRecord,
  settingsTable,
  snapshotEntries,
} from './index.js';

const withDefaults = (settings: Partial<AssemblySettings>): AssemblySettings => ({
  ...defaultSettings,
  ...settings,
});

const redeployed = (state: PartitionState, settings: Partial<AssemblySettings>): PartitionState =>
  restorePartition(withDefaults(settings), sha256, {
    changes: snapshotEntries(state),
    position: positionOf(state),
  });

interface Deployment {
  readonly settings: Partial<AssemblySettings>;
  readonly count: number;
}

/** Runs the first steps with one deployment's settings and the rest with those of the next. */
const across = (steps: readonly Step[], before: Deployment, after: Partial<AssemblySettings>): Folded => {
  const records = recordsOf(steps);
  const first = foldInto(
    createPartition(withDefaults(before.settings), sha256),
    records.slice(0, before.count),
  );
  return foldInto(redeployed(first.state, after), records.slice(before.count));
};

describe('an operation that is open across a redeploy', () => {
  it('keeps its layout, and its limits', () => {
    const steps = [
      pre('tool_use', tool('abcdef')),
      post('tool_use', { data: { x: 'abcdef' } }),
      pre('tool_use'),
      post('tool_use'),
    ];
    const { names, spans } = across(
      steps,
      { settings: { maxStringLength: 30 }, count: 1 },
      { layout: 'operations', maxStringLength: 3 },
    );
    expect(names).toEqual(['pre_tool_use:abcdef', 'post_tool_use:abcdef', 'exe']);
    expect(attribute(spans[1]!, 'x')).toBe('abcdef');
  });
  it('keeps its open TTL', () => {
    const steps = [pre('tool_use', { at: 0 }), pre('llm_call', { at: 0 }), tick(50)];
    const { names } = across(steps, { settings: { openTtlMs: 50 }, count: 1 }, { openTtlMs: 20 });
    expect(names).toEqual(['pre_llm_call', 'pre_tool_use']);
    expect(across(steps, { settings: { openTtlMs: 500 }, count: 1 }, { openTtlMs: 20 }).names).toEqual([
      'pre_llm_call',
    ]);
  });
  it('keeps its default service', () => {
    const steps = [pre('tool_use'), post('tool_use')];
    const { spans } = across(
      steps,
      { settings: { defaultServiceName: 'old' }, count: 1 },
      { defaultServiceName: 'new' },
    );
    expect(spans.map((span) => span.serviceName)).toEqual(['old', 'old']);
  });
  it('keeps its filter: its POST closes it, though new events of that type are as if absent', () => {
    const steps = [
      pre('tool_use'),
      post('tool_use', { id: 'q' }),
      post('tool_use', { id: 'q' }),
      post('tool_use'),
      tick(1e12),
    ];
    const { names, counts } = across(steps, { settings: {}, count: 1 }, { eventsToTrace: ['note'] });
    expect(names).toEqual(['pre_tool_use', 'post_tool_use']);
    expect(counts).toMatchObject({ filtered: 2, orphans: 0 });
  });
  it('is not closed by the repeat of a POST that closed another, which stays as if absent', () => {
    const steps = [
      pre('tool_use'),
      pre('tool_use'),
      post('tool_use', { id: 'q' }),
      post('tool_use', { id: 'q' }),
    ];
    const { spans, counts } = across(steps, { settings: {}, count: 2 }, { eventsToTrace: ['note'] });
    expect(spans).toHaveLength(2);
    expect(counts).toMatchObject({ filtered: 1, duplicates: 0 });
  });
  it('keeps its filter: a POST that was not traced when it opened does not close it', () => {
    const steps = [pre('tool_use', { at: 0 }), post('tool_use', { at: 0 }), tick(30_000)];
    const { names } = across(steps, { settings: { eventsToTrace: ['pre_tool_use'] }, count: 1 }, {});
    expect(names).toEqual(['post_tool_use']);
  });
  it('takes no span events in another layout', () => {
    const steps = [pre('agent_loop'), point('note'), post('agent_loop')];
    expect(across(steps, { settings: {}, count: 1 }, { layout: 'operations' }).names).toEqual([
      'note',
      'pre_agent_loop',
      'post_agent_loop',
    ]);
  });
});

describe('a held POST', () => {
  it('keeps its grace across a redeploy', () => {
    const steps = [post('tool_use', { at: 0 }), tick(50)];
    expect(across(steps, { settings: { reorderGraceMs: 50 }, count: 1 }, {}).names).toEqual([
      'post_tool_use',
    ]);
    expect(across(steps, { settings: {}, count: 1 }, { reorderGraceMs: 50 }).names).toEqual([]);
  });
});

describe('the settings table', () => {
  it('does not grow where the settings are the same', () => {
    const { state } = fold([pre('tool_use')], { eventsToTrace: ['pre_tool_use', 'note'] });
    expect(settingsTable(redeployed(state, { eventsToTrace: ['note', 'pre_tool_use'] }))).toHaveLength(1);
  });
  it('gives places that nothing refers to any more to the next settings, once it is long', () => {
    let { state } = fold([pre('tool_use')], { maxAttributes: 10 });
    for (let maxAttributes = 11; maxAttributes < 60; maxAttributes += 1)
      state = redeployed(state, { maxAttributes });
    const table = settingsTable(state).map(({ maxAttributes }) => maxAttributes);
    expect(table).toHaveLength(16);
    expect(table).toContain(10);
    expect(table).toContain(59);
  });
});

describe('entries that do not belong together', () => {
  it('are refused, with the way on', () => {
    const { state } = fold([pre('tool_use')]);
    const position = { streamTime: millis(0), counts: countsOf(state), settingsTable: settingsTable(state) };
    const restored = (changes: readonly StateChange[], table = position.settingsTable): PartitionState =>
      restorePartition(defaultSettings, sha256, { changes, position: { ...position, settingsTable: table } });
    const [closing] = recordsOf([post('tool_use')]);
    const entries = [...snapshotEntries(state)];
    const goOn = (from: PartitionState): unknown => foldRecord(from, closing!);
    expect(() => goOn(restored(entries.filter(({ type }) => type === 'operation')))).toThrow(
      InconsistentStateError,
    );
    expect(() =>
      goOn(
        restored(
          entries.map((entry) =>
            entry.type === 'trace' && entry.value
              ? { ...entry, value: { ...entry.value, settings: 7 } }
              : entry,
          ),
        ),
      ),
    ).toThrow(/replay/);
  });
});
