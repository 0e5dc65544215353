import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  countsOf,
  endAll,
  endEarly,
  heldByCounts,
  openByCounts,
  partitionSize,
  snapshotEntries,
  unaccountedEvents,
} from './index.js';
import { arbitrarySteps, tightSettings } from './testing/arbitrary-steps.js';
import type { Folded } from './testing/folding.js';
import { attribute, fold, post, pre, tick, foldInto, recordsOf, tool } from './testing/folding.js';

const entriesOf = ({ state }: Folded, type: 'operation' | 'held' | 'trace') =>
  [...snapshotEntries(state)].filter((entry) => entry.type === type);

describe('ending everything', () => {
  it('abandons what is open with the reason given, makes orphans of held POSTs, and leaves nothing', () => {
    const folded = fold([
      pre('agent_loop', { t: 1 }),
      pre('tool_use', { t: 2, ...tool('x') }),
      post('llm_call', { t: 5 }),
      pre('agent_loop', { t: 7, trace: 'another' }),
    ]);
    const spans = [...endAll(folded.state, 'told to stop')].flatMap((output) => output.spans);
    expect(spans.map(({ name }) => name)).toEqual([
      'pre_agent_loop',
      'pre_tool_use:x',
      'post_llm_call',
      'pre_agent_loop',
    ]);
    for (const span of spans.filter(({ name }) => name.startsWith('pre_'))) {
      expect(span.status).toEqual({ code: 'error', message: 'told to stop' });
      expect(attribute(span, 'kaizen.abandoned')).toBe(true);
    }
    expect(attribute(spans[2]!, 'kaizen.orphan')).toBe(true);
    expect(partitionSize(folded.state)).toMatchObject({ open: 0, held: 0 });
    expect([...endAll(folded.state, 'again')]).toEqual([]);
    const later = foldInto(folded.state, recordsOf([tick(9_000_000)]));
    expect(later.spans).toEqual([]);
    expect(partitionSize(folded.state).traces).toBe(0);
  });

  it('accounts for every event of any run', () => {
    fc.assert(
      fc.property(arbitrarySteps(), (steps) => {
        const { state, spans } = fold(steps, tightSettings);
        const rest = [...endAll(state, 'the end')].flatMap((output) => output.spans);
        const counts = countsOf(state);
        expect([openByCounts(counts), heldByCounts(counts), unaccountedEvents(counts)]).toEqual([0, 0, 0]);
        expect(counts.spans).toBe(spans.length + rest.length);
      }),
    );
  });
});

describe('making room', () => {
  it('ends an operation as one that was crowded out, once', () => {
    const folded = fold([pre('tool_use', { t: 1, ...tool('a') }), pre('llm_call', { t: 2 })]);
    const [oldest] = entriesOf(folded, 'operation');
    const { spans } = endEarly(folded.state, oldest!);
    expect(spans.map(({ name, status }) => [name, status])).toEqual([
      ['pre_tool_use:a', { code: 'error', message: 'too many open operations' }],
    ]);
    expect(endEarly(folded.state, oldest!)).toEqual({ spans: [], changes: [] });
    expect(countsOf(folded.state)).toMatchObject({ abandoned: 1, crowdedOut: 1 });
    expect(partitionSize(folded.state).open).toBe(1);
  });

  it('makes an orphan of a held POST, and forgets a trace only where nothing is open', () => {
    const folded = fold([post('llm_call', { t: 3 }), pre('llm_call', { t: 4, trace: 'another' })]);
    const traces = entriesOf(folded, 'trace');
    for (const entry of traces) expect(endEarly(folded.state, entry).changes).toEqual([]);
    const [held] = entriesOf(folded, 'held');
    expect(endEarly(folded.state, held!).spans.map(({ name }) => name)).toEqual(['post_llm_call']);
    for (const entry of traces) endEarly(folded.state, entry);
    expect(partitionSize(folded.state)).toEqual({ traces: 1, open: 1, held: 0 });
    expect(unaccountedEvents(countsOf(folded.state))).toBe(0);
  });
});
