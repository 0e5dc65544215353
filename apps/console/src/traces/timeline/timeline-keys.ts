import type { Shortcut } from '../../shared/shortcuts.js';
import { flag } from '../data/flags.js';
import { panned, whole, zoomed } from '../data/time-window.js';
import type { TimeWindow } from '../data/time-window.js';
import type { TimelineAction, TimelineState } from './timeline-state.js';
import { nextOf } from './timeline-view.js';
import { searchFieldId } from './trace-search.js';
import type { TimelineView } from './timeline-view.js';

interface KeysContext {
  readonly view: TimelineView;
  readonly state: TimelineState;
  readonly dispatch: (action: TimelineAction) => void;
}

const focusSearch = (): void => document.getElementById(searchFieldId)?.focus();

/** The window that shows one row and a little around it. */
const windowAround = ({ columns, activeRow: row }: TimelineView): TimeWindow => {
  const length = Math.max(1, columns.to - columns.from);
  const from = (columns.start[row]! - columns.from) / length;
  const width = columns.duration[row]! / length;
  return zoomed({ from, to: from + width }, 1.1);
};

const failedRows = ({ columns, rows }: TimelineView): readonly number[] =>
  Array.from(rows)
    .filter((row) => (columns.flags[row]! & flag.error) !== 0)
    .sort((left, right) => left - right);

const zoomKeys = ({ view, state, dispatch }: KeysContext): readonly Shortcut[] => {
  const look = (window: TimeWindow): void => dispatch({ type: 'window', window });
  return [
    { keys: ['+', '='], about: 'zoom in', run: () => look(zoomed(state.window, 0.5)) },
    { keys: ['-'], about: 'zoom out', run: () => look(zoomed(state.window, 2)) },
    { keys: ['a'], about: 'earlier', run: () => look(panned(state.window, -0.25)) },
    { keys: ['d'], about: 'later', run: () => look(panned(state.window, 0.25)) },
    { keys: ['z'], about: 'zoom to the operation', run: () => look(windowAround(view)) },
    { keys: ['0'], about: 'show all of the time', run: () => look(whole) },
  ];
};

const jumpKeys = ({ view, dispatch }: KeysContext): readonly Shortcut[] => {
  const go = (row: number | undefined): void => {
    if (row !== undefined) dispatch({ type: 'activate', columns: view.columns, row });
  };
  const { activeRow } = view;
  return [
    { keys: ['/'], about: 'search within the trace', run: focusSearch },
    { keys: ['n'], about: 'next match', run: () => go(nextOf(view.matches ?? [], activeRow, 1)) },
    { keys: ['N'], about: 'previous match', run: () => go(nextOf(view.matches ?? [], activeRow, -1)) },
    { keys: ['x'], about: 'next error', run: () => go(nextOf(failedRows(view), activeRow, 1)) },
    { keys: ['X'], about: 'previous error', run: () => go(nextOf(failedRows(view), activeRow, -1)) },
    { keys: ['Escape'], about: 'close the span', run: () => dispatch({ type: 'select', spanId: '' }) },
  ];
};

/** The keys of the timeline; the arrows are the treegrid's own. */
export const timelineKeys = (context: KeysContext): readonly Shortcut[] => {
  const { view, state, dispatch } = context;
  const { columns, activeRow: row } = view;
  return [
    { keys: ['c'], about: 'collapse all', run: () => dispatch({ type: 'collapse', columns }) },
    { keys: ['e'], about: 'expand all', run: () => dispatch({ type: 'expand', columns }) },
    { keys: ['C'], about: 'collapse all below', run: () => dispatch({ type: 'collapse', columns, row }) },
    { keys: ['E'], about: 'expand all below', run: () => dispatch({ type: 'expand', columns, row }) },
    {
      keys: ['p'],
      about: 'pairs as one row, or apart',
      run: () => dispatch({ type: 'repeated', show: !state.showRepeated }),
    },
    {
      keys: ['k'],
      about: 'critical path',
      run: () => dispatch({ type: 'critical', show: !state.showCritical }),
    },
    ...zoomKeys(context),
    ...jumpKeys(context),
  ];
};
