import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SpanRecord } from '@kaizen-trace/contracts';
import { arbitrarySteps, tightSettings } from './testing/arbitrary-steps.js';
import type { Step } from './testing/folding.js';
import { copied, KeptTraces, keyOf, positionOf, restorePartition } from './testing/kept-traces.js';
import { callIdOf, fold, idOf, point, post, pre, recordsOf, sha256, tick } from './testing/folding.js';
import type { AssemblySettings, FoldInput, PartitionState, StateChange } from './index.js';
import {
  countsOf,
  createPartition,
  defaultSettings,
  expireBefore,
  foldRecord,
  heldByCounts,
  nextDeadline,
  openByCounts,
  openOperations,
  partitionSize,
  putTracesAside,
  resumePartition,
  snapshotEntries,
  unaccountedEvents,
} from './index.js';

const layouts = fc.constantFrom<AssemblySettings['layout']>('events', 'operations');
const settingsFor = (layout: AssemblySettings['layout']): AssemblySettings => ({
  ...defaultSettings,
  ...tightSettings,
  layout,
});

const savedAndRestored = (state: PartitionState, settings: AssemblySettings): PartitionState =>
  restorePartition(settings, sha256, {
    changes: copied(snapshotEntries(state)).reverse(),
    position: positionOf(state),
  });

const foldWithSaves = (
  records: readonly FoldInput[],
  settings: AssemblySettings,
  saveAt: ReadonlySet<number>,
) => {
  let state = createPartition(settings, sha256);
  const spans: SpanRecord[] = [];
  records.forEach((record, index) => {
    if (saveAt.has(index)) state = savedAndRestored(state, settings);
    spans.push(...foldRecord(state, record).spans);
  });
  return { state, spans };
};

describe('any run', () => {
  it('never throws, and its counts add up after every record', () => {
    fc.assert(
      fc.property(arbitrarySteps(), layouts, fc.boolean(), (steps, layout, progressSpans) => {
        const state = createPartition({ ...settingsFor(layout), progressSpans }, sha256);
        let spans = 0;
        for (const record of recordsOf(steps)) {
          spans += foldRecord(state, record).spans.length;
          const counts = countsOf(state);
          expect(unaccountedEvents(counts)).toBe(0);
          const entries = [...snapshotEntries(state)];
          expect(openByCounts(counts)).toBe(entries.filter(({ type }) => type === 'operation').length);
          expect(heldByCounts(counts)).toBe(entries.filter(({ type }) => type === 'held').length);
          expect(counts.spans).toBe(spans);
          expect(counts.spans).toBe(
            counts.paired * (layout === 'events' ? 2 : 1) +
              counts.abandoned +
              counts.orphans +
              counts.pointSpans +
              counts.progressSpans,
          );
          expect(counts.progressSpans > 0 && !progressSpans).toBe(false);
          expect(partitionSize(state).open).toBe([...openOperations(state)].length);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('gives the same spans however often its state is saved and restored in between', () => {
    fc.assert(
      fc.property(arbitrarySteps(), layouts, fc.array(fc.nat({ max: 60 })), (steps, layout, saves) => {
        const settings = settingsFor(layout);
        const records = [...recordsOf(steps), ...recordsOf([tick(1e9)])];
        const straight = foldWithSaves(records, settings, new Set());
        const interrupted = foldWithSaves(records, settings, new Set(saves));
        expect(interrupted.spans).toEqual(straight.spans);
        expect(countsOf(interrupted.state)).toEqual(countsOf(straight.state));
        expect(nextDeadline(interrupted.state)).toBe(nextDeadline(straight.state));
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same spans whatever of its state is put aside, and in whatever parts deadlines fire', () => {
    const plans = fc.record({
      /** After how many records the saved traces catch up, and how much then stays in memory. */
      lag: fc.integer({ min: 1, max: 5 }),
      bytes: fc.constantFrom(0, 3_000, 10_000),
      part: fc.constantFrom(1, 2, Infinity),
      restarts: fc.array(fc.nat({ max: 60 })),
      /** Longer and shorter than a trace is remembered. */
      openTtlMs: fc.constantFrom(300, 40),
    });
    fc.assert(
      fc.property(
        arbitrarySteps(),
        layouts,
        plans,
        (steps, layout, { lag, bytes, part, restarts, openTtlMs }) => {
          const settings = { ...settingsFor(layout), openTtlMs };
          const records = [...recordsOf(steps), ...recordsOf([tick(1e9)])].map((record, index) => ({
            ...record,
            offset: BigInt(index),
          }));
          const straight = foldWithSaves(records, settings, new Set());
          const traces = new KeptTraces();
          let state = resumePartition(settings, sha256, { traces, position: undefined });
          const spans: SpanRecord[] = [];
          let unsaved: StateChange[] = [];
          records.forEach((record, index) => {
            for (let done = part === Infinity; !done;) {
              const output = expireBefore(state, record, part);
              expect(output.spans.length).toBeLessThanOrEqual(part);
              spans.push(...output.spans);
              unsaved.push(...copied(output.changes));
              done = output.done;
            }
            const output = foldRecord(state, record);
            spans.push(...output.spans);
            unsaved.push(...copied(output.changes));
            if (index % lag === 0) {
              traces.keep(unsaved);
              unsaved = [];
              putTracesAside(state, { savedBefore: record.offset + 1n, bytes });
            }
            expect([...snapshotEntries(state)].filter(({ type }) => type === 'operation')).toHaveLength(
              openByCounts(countsOf(state)),
            );
            if (!restarts.includes(index)) return;
            traces.keep(unsaved);
            unsaved = [];
            state = resumePartition(settings, sha256, { traces, position: positionOf(state) });
          });
          expect(spans).toEqual(straight.spans);
          expect(countsOf(state)).toEqual(countsOf(straight.state));
          traces.keep(unsaved);
          expect(traces.entries.size).toBe(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('leaves a state that its changes describe, value for value', () => {
    fc.assert(
      fc.property(arbitrarySteps(), layouts, fc.constantFrom(300, 40), (steps, layout, openTtlMs) => {
        const state = createPartition({ ...settingsFor(layout), openTtlMs }, sha256);
        const store = new Map<string, unknown>();
        for (const record of recordsOf(steps)) {
          for (const change of foldRecord(state, record).changes) {
            if (change.value === undefined) store.delete(keyOf(change));
            else store.set(keyOf(change), copied([change])[0]?.value);
          }
        }
        const whole = copied(snapshotEntries(state)).map((change) => [keyOf(change), change.value] as const);
        expect(store).toEqual(new Map(whole));
      }),
      { numRuns: 150 },
    );
  });

  it('ends with nothing left once every deadline has passed', () => {
    fc.assert(
      fc.property(arbitrarySteps(), layouts, (steps, layout) => {
        const { state } = fold([...steps, tick(1e9)], settingsFor(layout));
        expect(partitionSize(state)).toEqual({ traces: 0, open: 0, held: 0 });
        expect(nextDeadline(state)).toBeUndefined();
      }),
      { numRuns: 100 },
    );
  });

  it('gives no span id twice within a trace, and spans that end after they start', () => {
    fc.assert(
      fc.property(arbitrarySteps(true), layouts, (steps, layout) => {
        // All that a trace has had is remembered here; what it has forgotten may use a call_id anew.
        const settings = {
          ...settingsFor(layout),
          progressSpans: true,
          reorderGraceMs: 1e6,
          openTtlMs: 1e6,
          rememberedCallIds: 256,
        };
        const { spans } = fold([...steps, tick(1e9)], settings);
        const ids = spans.map((span) => `${span.traceId} ${span.spanId}`);
        expect(new Set(ids).size).toBe(ids.length);
        for (const span of spans) expect(span.end).toBeGreaterThan(span.start);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps every span within its limits, with no key twice', () => {
    fc.assert(
      fc.property(arbitrarySteps(), layouts, (steps, layout) => {
        for (const span of fold([...steps, tick(1e9)], settingsFor(layout)).spans) {
          const keys = span.attributes.map(([key]) => key);
          expect(keys.length).toBeLessThanOrEqual(tightSettings.maxAttributes);
          expect(new Set(keys).size).toBe(keys.length);
          expect(span.name.length).toBeLessThanOrEqual(tightSettings.maxStringLength);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is filtered as if the events of other types were absent from the log', () => {
    fc.assert(
      fc.property(arbitrarySteps(true), layouts, (steps, layout) => {
        const eventsToTrace = ['pre_tool_use', 'post_tool_use', 'note'];
        const traced = (step: Step): boolean => step.type === undefined || eventsToTrace.includes(step.type);
        const named = steps.map((step, index) => ({ ...step, id: `e${index}`, at: index }));
        const kept = named.filter(traced);
        expect(fold([...named, tick(1e9)], { ...settingsFor(layout), eventsToTrace }).spans).toEqual(
          fold([...kept, tick(1e9)], settingsFor(layout)).spans,
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('parents that are named explicitly', () => {
  it('do not depend on the order of arrival', () => {
    const calls = ['c0', 'c1', 'c2', 'c3', 'c4'];
    const steps = calls.flatMap((call, n) => {
      const told = { call, parentCall: calls[n - 1] ?? 'outside', agent: `agent${n % 2}` };
      return [
        pre('plan_generation', { ...told, id: `p${n}`, t: n }),
        post('plan_generation', { ...told, id: `q${n}`, t: 100 - n }),
        point('note', { parentCall: call, id: `n${n}`, t: 50 }),
      ];
    });
    const expected = calls.flatMap((call, n) => [
      [callIdOf(call), callIdOf(calls[n - 1] ?? 'outside')],
      [idOf(`q${n}`), callIdOf(call)],
      [idOf(`n${n}`), callIdOf(call)],
    ]);
    const inOrder = (pairs: (string | undefined)[][]): unknown =>
      pairs.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
    fc.assert(
      fc.property(fc.shuffledSubarray(steps, { minLength: steps.length }), (shuffled) => {
        const { spans } = fold([...shuffled, tick(1e9)]);
        expect(inOrder(spans.map((span) => [span.spanId, span.parentSpanId]))).toEqual(
          inOrder([...expected]),
        );
      }),
      { numRuns: 50 },
    );
  });
});
