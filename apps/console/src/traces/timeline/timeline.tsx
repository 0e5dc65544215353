import { useEffect, useReducer } from 'react';
import { navigate, withQuery } from '../../shared/location.js';
import type { Place } from '../../shared/location.js';
import { useShortcuts } from '../../shared/shortcuts.js';
import type { TraceColumns } from '../data/columns.js';
import { Minimap } from './minimap.js';
import { Rows } from './rows.js';
import { SpanDetailPanel } from './span-detail.js';
import { timelineKeys } from './timeline-keys.js';
import { parametersOfTimeline, timelineAfter, timelineIn } from './timeline-state.js';
import type { TimelineState } from './timeline-state.js';
import { useTimelineView } from './timeline-view.js';
import { Toolbar } from './toolbar.js';

interface TimelineProps {
  readonly columns: TraceColumns;
  readonly source: number;
  /** Whether all spans are there. */
  readonly isComplete: boolean;
  readonly place: Place;
}

/** The address says what is looked at, so that it can be sent to someone. */
const useAddressOf = (state: TimelineState, place: Place): void => {
  const address = withQuery(place, parametersOfTimeline(state));
  useEffect(() => {
    // A drag changes it many times a second, which browsers refuse.
    const timer = setTimeout(() => navigate(address, { replace: true }), 200);
    return () => clearTimeout(timer);
  }, [address]);
};

/** Says in the browser's own measurements when the first rows were there, and when all. */
const useMarks = (isComplete: boolean): void => {
  useEffect(() => {
    // What was rendered is painted before the next task after a frame.
    const frame = requestAnimationFrame(() =>
      setTimeout(() => {
        if (performance.getEntriesByName('trace-first-rows').length === 0)
          performance.mark('trace-first-rows');
        if (isComplete) performance.mark('trace-complete');
      }),
    );
    return () => cancelAnimationFrame(frame);
  }, [isComplete]);
};

/** A trace over time. */
export const Timeline = ({ columns, source, isComplete, place }: TimelineProps) => {
  const [state, dispatch] = useReducer(timelineAfter, place.query, timelineIn);
  const view = useTimelineView(columns, source, state);
  useAddressOf(state, place);
  useMarks(isComplete);
  useShortcuts({
    title: 'Timeline',
    shortcuts: timelineKeys({ view, state, dispatch }),
  });
  return (
    <div className={`timeline ${view.selectedRow >= 0 ? 'with-detail' : ''}`}>
      <Toolbar view={view} state={state} dispatch={dispatch} />
      <Minimap
        columns={columns}
        window={state.window}
        onWindow={(window) => dispatch({ type: 'window', window })}
      />
      <div className="timeline-main">
        <Rows view={view} state={state} dispatch={dispatch} />
        <SpanDetailPanel
          view={view}
          onGo={(row) => {
            dispatch({ type: 'activate', columns, row });
            dispatch({ type: 'select', spanId: columns.spanIds[row] ?? '' });
          }}
          onClose={() => dispatch({ type: 'select', spanId: '' })}
        />
      </div>
    </div>
  );
};
