import type { Replay } from './model.js';

const classes: Readonly<Record<Replay['state'], string>> = {
  running: 'badge badge-warn',
  done: 'badge badge-good',
  failed: 'badge badge-bad',
  cancelled: 'badge',
};

/** How a replay is, in a word. */
export const StateBadge = ({ state }: Pick<Replay, 'state'>) => (
  <span className={classes[state]}>{state}</span>
);
