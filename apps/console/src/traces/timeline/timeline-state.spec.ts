import { describe, expect, it } from '@jest/globals';
import { columnsOf, span } from '../testing/spans.js';
import { parametersOfTimeline, timelineAfter, timelineIn } from './timeline-state.js';

const columns = columnsOf([
  span({ id: 'root' }),
  span({ id: 'mid', parent: 'root' }),
  span({ id: 'leaf', parent: 'mid' }),
]);
const start = timelineIn(new URLSearchParams());

describe('how the timeline is looked at', () => {
  it('is the same after a way through the address', () => {
    const state = {
      ...start,
      order: 'errors-first',
      showRepeated: true,
      showCritical: false,
      window: { from: 0.25, to: 0.5 },
      selected: 'mid',
      active: 'mid',
      search: 'a b',
    } as const;
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(parametersOfTimeline(state)))
      if (value !== undefined) parameters.set(name, value);
    expect(timelineIn(new URLSearchParams(parameters.toString()))).toEqual(state);
  });

  it('ignores an address that makes no sense', () =>
    expect(timelineIn(new URLSearchParams('order=up&time=b-a'))).toEqual(start));

  it('unfolds what hides the row that is gone to', () => {
    const folded = timelineAfter(start, { type: 'collapse', columns });
    expect([...folded.collapsed]).toEqual(['mid']);
    const there = timelineAfter(folded, { type: 'activate', columns, row: 2 });
    expect(there).toMatchObject({ active: 'leaf', collapsed: new Set() });
  });

  it('folds up and unfolds below a row only', () => {
    const folded = timelineAfter(start, { type: 'collapse', columns, row: 0 });
    expect([...folded.collapsed]).toEqual(['root', 'mid']);
    expect([...timelineAfter(folded, { type: 'expand', columns, row: 1 }).collapsed]).toEqual(['root']);
  });
});
