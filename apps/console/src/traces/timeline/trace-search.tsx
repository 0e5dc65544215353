import { formatCount } from '../../shared/format.js';
import type { TimelineAction, TimelineState } from './timeline-state.js';
import { nextOf } from './timeline-view.js';
import type { TimelineView } from './timeline-view.js';

interface TraceSearchProps {
  readonly view: TimelineView;
  readonly state: TimelineState;
  readonly dispatch: (action: TimelineAction) => void;
}

const placeText = ({ matches, activeRow }: TimelineView): string => {
  if (matches === undefined) return '';
  if (matches.length === 0) return 'no match';
  const place = matches.indexOf(activeRow) + 1;
  return place > 0
    ? `${formatCount(place)} of ${formatCount(matches.length)}`
    : `${formatCount(matches.length)} found`;
};

/** The id of the field, for the key that goes there. */
export const searchFieldId = 'search-within-trace';

/** Search within the trace, with the matches one after the other. */
export const TraceSearch = ({ view, state, dispatch }: TraceSearchProps) => {
  const go = (step: 1 | -1): void => {
    const row = nextOf(view.matches ?? [], view.activeRow, step);
    if (row !== undefined) dispatch({ type: 'activate', columns: view.columns, row });
  };
  const isNone = (view.matches?.length ?? 0) === 0;
  return (
    <div className="timeline-search" role="search">
      <input
        id={searchFieldId}
        className="input"
        type="search"
        placeholder="Search name, attributes, key=value"
        aria-label="Search within the trace"
        value={state.search}
        onChange={({ target }) => dispatch({ type: 'search', text: target.value })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') go(event.shiftKey ? -1 : 1);
          if (event.key !== 'Escape') return;
          // The browser would empty the field; what was found is for the keys outside of it.
          event.preventDefault();
          document.querySelector<HTMLElement>('.timeline-grid')?.focus();
        }}
      />
      <span className="soft found" role="status">
        {placeText(view)}
      </span>
      <button
        type="button"
        className="icon-button"
        aria-label="Previous match"
        disabled={isNone}
        onClick={() => go(-1)}
      >
        ↑
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Next match"
        disabled={isNone}
        onClick={() => go(1)}
      >
        ↓
      </button>
    </div>
  );
};
