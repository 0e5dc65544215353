import { ancestorsOf, parentsWithin } from '../data/visible-rows.js';
import type { RowOrder } from '../data/visible-rows.js';
import type { TraceColumns } from '../data/columns.js';
import { fitted, whole } from '../data/time-window.js';
import type { TimeWindow } from '../data/time-window.js';

/** How the timeline is looked at. Rows are named by their span's id, which stays when more spans come. */
export interface TimelineState {
  readonly collapsed: ReadonlySet<string>;
  readonly order: RowOrder;
  readonly showRepeated: boolean;
  readonly showCritical: boolean;
  readonly window: TimeWindow;
  /** The span that the keys act on. */
  readonly active: string;
  /** The span whose attributes are shown; empty for none. */
  readonly selected: string;
  readonly search: string;
}

/** What can be done to it. */
export type TimelineAction =
  | { readonly type: 'activate'; readonly columns: TraceColumns; readonly row: number }
  | { readonly type: 'select'; readonly spanId: string }
  | { readonly type: 'toggle'; readonly spanId: string }
  | {
      readonly type: 'collapse' | 'expand';
      readonly columns: TraceColumns;
      /** Its descendants only. */
      readonly row?: number;
    }
  | { readonly type: 'order'; readonly order: RowOrder }
  | { readonly type: 'repeated'; readonly show: boolean }
  | { readonly type: 'critical'; readonly show: boolean }
  | { readonly type: 'window'; readonly window: TimeWindow }
  | { readonly type: 'search'; readonly text: string };

const without = (collapsed: ReadonlySet<string>, spanIds: readonly string[]): ReadonlySet<string> => {
  if (!spanIds.some((id) => collapsed.has(id))) return collapsed;
  const left = new Set(collapsed);
  for (const id of spanIds) left.delete(id);
  return left;
};

const idsOf = ({ spanIds }: TraceColumns, rows: readonly number[]): readonly string[] =>
  rows.map((row) => spanIds[row] ?? '');

/** What is under the rows of a trace that have something under them; the root itself stays open. */
const collapsible = (state: TimelineState, columns: TraceColumns, row?: number): readonly string[] =>
  idsOf(
    columns,
    parentsWithin(columns, state.showRepeated, row).filter(
      (each) => row !== undefined || columns.depth[each]! > 0,
    ),
  );

/** The state after an action. */
export const timelineAfter = (state: TimelineState, action: TimelineAction): TimelineState => {
  switch (action.type) {
    case 'activate': {
      const { columns, row } = action;
      // What is looked at is not hidden.
      const collapsed = without(state.collapsed, idsOf(columns, ancestorsOf(columns, row)));
      return { ...state, collapsed, active: columns.spanIds[row] ?? '' };
    }
    case 'select':
      return { ...state, selected: action.spanId };
    case 'toggle': {
      const collapsed = new Set(state.collapsed);
      if (!collapsed.delete(action.spanId)) collapsed.add(action.spanId);
      return { ...state, collapsed };
    }
    case 'collapse': {
      const more = collapsible(state, action.columns, action.row);
      return { ...state, collapsed: new Set([...state.collapsed, ...more]) };
    }
    case 'expand': {
      if (action.row === undefined) return { ...state, collapsed: new Set() };
      return {
        ...state,
        collapsed: without(state.collapsed, collapsible(state, action.columns, action.row)),
      };
    }
    case 'order':
      return { ...state, order: action.order };
    case 'repeated':
      return { ...state, showRepeated: action.show };
    case 'critical':
      return { ...state, showCritical: action.show };
    case 'window':
      return { ...state, window: fitted(action.window) };
    case 'search':
      return { ...state, search: action.text };
  }
};

const orders: readonly RowOrder[] = ['time', 'errors-first', 'errors-only'];

const windowIn = (text: string | null): TimeWindow => {
  const [from, to] = (text ?? '').split('-').map(Number);
  return from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to)
    ? whole
    : fitted({ from, to });
};

/** Reads what an address says of the timeline. */
export const timelineIn = (parameters: URLSearchParams): TimelineState => {
  const span = parameters.get('span') ?? '';
  return {
    collapsed: new Set(),
    order: orders.find((order) => order === parameters.get('order')) ?? 'time',
    showRepeated: parameters.get('pairs') === 'apart',
    showCritical: parameters.get('critical') !== 'off',
    window: windowIn(parameters.get('time')),
    active: span,
    selected: span,
    search: parameters.get('q') ?? '',
  };
};

const shortFraction = (fraction: number): string => String(Number(fraction.toPrecision(9)));

/** What an address says of the timeline; undefined removes a parameter. */
export const parametersOfTimeline = (state: TimelineState): Record<string, string | undefined> => {
  const { from, to } = state.window;
  return {
    span: state.selected,
    q: state.search,
    order: state.order === 'time' ? undefined : state.order,
    pairs: state.showRepeated ? 'apart' : undefined,
    critical: state.showCritical ? undefined : 'off',
    time: from <= 0 && to >= 1 ? undefined : `${shortFraction(from)}-${shortFraction(to)}`,
  };
};
