import type { RowOrder } from '../data/visible-rows.js';
import { isWhole, whole } from '../data/time-window.js';
import type { TimelineAction, TimelineState } from './timeline-state.js';
import type { TimelineView } from './timeline-view.js';
import { TraceSearch } from './trace-search.js';

interface ToolbarProps {
  readonly view: TimelineView;
  readonly state: TimelineState;
  readonly dispatch: (action: TimelineAction) => void;
}

const orders: readonly { readonly order: RowOrder; readonly label: string }[] = [
  { order: 'time', label: 'By time' },
  { order: 'errors-first', label: 'Errors first' },
  { order: 'errors-only', label: 'Errors only' },
];

const OrderField = ({ state, dispatch }: ToolbarProps) => (
  <label className="inline-field">
    <span className="unseen">Order of the operations</span>
    <select
      className="input"
      value={state.order}
      onChange={({ target }) => dispatch({ type: 'order', order: target.value as RowOrder })}
    >
      {orders.map(({ order, label }) => (
        <option key={order} value={order}>
          {label}
        </option>
      ))}
    </select>
  </label>
);

/** What can be done with the whole timeline. */
export const Toolbar = (props: ToolbarProps) => {
  const { view, state, dispatch } = props;
  const { columns } = view;
  return (
    <div className="toolbar">
      <TraceSearch {...props} />
      <OrderField {...props} />
      <button
        type="button"
        className="button"
        aria-pressed={state.showCritical}
        onClick={() => dispatch({ type: 'critical', show: !state.showCritical })}
      >
        Critical path
      </button>
      <button
        type="button"
        className="button"
        aria-pressed={!state.showRepeated}
        title="PRE and POST have one interval: one row shows both"
        onClick={() => dispatch({ type: 'repeated', show: !state.showRepeated })}
      >
        Pairs as one
      </button>
      <span className="button-group">
        <button type="button" className="button" onClick={() => dispatch({ type: 'collapse', columns })}>
          Collapse all
        </button>
        <button type="button" className="button" onClick={() => dispatch({ type: 'expand', columns })}>
          Expand all
        </button>
      </span>
      {!isWhole(state.window) && (
        <button type="button" className="button" onClick={() => dispatch({ type: 'window', window: whole })}>
          Show all of the time
        </button>
      )}
    </div>
  );
};
