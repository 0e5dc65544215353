import { formatAge } from '../../shared/format.js';
import type { Live } from './use-live.js';
import { useNow } from './use-now.js';

interface LiveMarkProps {
  readonly live: Pick<Live<unknown>, 'state' | 'heardAt' | 'failure'>;
  readonly isPaused: boolean;
  readonly onPause: (paused: boolean) => void;
}

const Mark = ({ live: { state, heardAt }, isPaused }: Omit<LiveMarkProps, 'onPause'>) => {
  const now = useNow(1_000);
  if (isPaused) return <span className="badge">Paused</span>;
  switch (state) {
    case 'live':
      return (
        <span className="badge badge-good">
          <span className="live-dot" aria-hidden="true" /> Live
        </span>
      );
    case 'stale':
      return (
        <span className="badge badge-warn" role="status">
          Stale: last heard {formatAge((now - (heardAt ?? now)) * 1_000)}, connecting again
        </span>
      );
    case 'connecting':
      return <span className="badge">Connecting …</span>;
    case 'ended':
      return <span className="badge">Ended</span>;
  }
};

/** Whether what is shown still comes, and the button that holds it. */
export const LiveMark = ({ live, isPaused, onPause }: LiveMarkProps) => (
  <span className="live-mark">
    <Mark live={live} isPaused={isPaused} />
    <button
      type="button"
      className="button button-small"
      aria-pressed={isPaused}
      onClick={() => onPause(!isPaused)}
    >
      {isPaused ? 'Go on' : 'Pause'}
    </button>
  </span>
);
