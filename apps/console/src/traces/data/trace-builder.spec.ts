import { describe, expect, it } from '@jest/globals';
import { columnsOf, pair, span } from '../testing/spans.js';
import { agentAt, hasFlag, kindAt, nameAt, serviceAt } from './columns.js';
import { flag } from './flags.js';
import { visibleRows } from './visible-rows.js';

const open = { collapsed: new Set<number>(), order: 'time', showRepeated: false } as const;

describe('a trace as columns', () => {
  it('shows a PRE with its POST as one row, or as two where that is wanted', () => {
    const columns = columnsOf(pair({ id: '1', kind: 'tool_use:grep' }));
    expect([...visibleRows(columns, open)]).toEqual([0]);
    expect([...visibleRows(columns, { ...open, showRepeated: true })]).toEqual([0, 1]);
    expect(hasFlag(columns, 0, flag.pairStart) && hasFlag(columns, 1, flag.pairEnd)).toBe(true);
    expect([kindAt(columns, 0), nameAt(columns, 0), serviceAt(columns, 0)]).toEqual([
      'tool',
      'pre_tool_use:grep',
      'service',
    ]);
  });

  it('takes no POST for the second half of another interval', () => {
    const [pre, post] = pair({ id: '1', kind: 'tool_use' });
    const columns = columnsOf([pre!, { ...post!, duration: 3 }]);
    expect(visibleRows(columns, open)).toHaveLength(2);
  });

  it('puts a placeholder in the place of an operation that runs, up to the end of the trace', () => {
    const running = { 'kaizen.progress': true, 'kaizen.operation_span_id': 'op', agent_id: 'a' };
    const columns = columnsOf([
      span({ id: 'ph', start: 5, duration: 0, tags: running }),
      span({ id: 'child', parent: 'op', start: 7, duration: 13 }),
    ]);
    expect(columns.spanIds).toEqual(['ph', 'child']);
    expect([...columns.parent]).toEqual([-1, 0]);
    expect(hasFlag(columns, 0, flag.running)).toBe(true);
    expect(columns.duration[0]).toBe(15);
    expect(agentAt(columns, 0)).toBe('a');
  });

  it('hides a placeholder once its operation’s span is there', () => {
    const running = { 'kaizen.progress': true, 'kaizen.operation_span_id': 'op' };
    const columns = columnsOf([span({ id: 'op' }), span({ id: 'ph', tags: running })]);
    const rows = [...visibleRows(columns, open)];
    expect(rows.map((row) => columns.spanIds[row])).toEqual(['op']);
  });

  it('lets every ancestor of a failure know of it, and says so of a parent that is missing', () => {
    const columns = columnsOf([
      span({ id: '1' }),
      span({ id: '2', parent: '1' }),
      span({ id: '3', parent: '2', tags: { error: true } }),
      span({ id: '4', parent: 'gone' }),
    ]);
    expect([0, 1, 2, 3].map((row) => hasFlag(columns, row, flag.errorWithin))).toEqual([true, true, true, false]);
    expect(hasFlag(columns, 3, flag.parentMissing)).toBe(true);
  });
});

describe('the rows that are shown', () => {
  const columns = columnsOf([
    span({ id: 'root' }),
    span({ id: 'good', parent: 'root', start: 1 }),
    span({ id: 'inner', parent: 'good', start: 1 }),
    span({ id: 'bad', parent: 'root', start: 2, tags: { error: true } }),
  ]);
  const shown = (choice: Partial<Parameters<typeof visibleRows>[1]>): readonly (string | undefined)[] =>
    Array.from(visibleRows(columns, { ...open, ...choice }), (row) => columns.spanIds[row]);

  it('are in the order of time', () => expect(shown({})).toEqual(['root', 'good', 'inner', 'bad']));
  it('leave out what is collapsed', () =>
    expect(shown({ collapsed: new Set([1]) })).toEqual(['root', 'good', 'bad']));
  it('have what failed first', () =>
    expect(shown({ order: 'errors-first' })).toEqual(['root', 'bad', 'good', 'inner']));
  it('have what failed only', () => expect(shown({ order: 'errors-only' })).toEqual(['root', 'bad']));
});
