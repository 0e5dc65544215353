import { randomBytes } from 'node:crypto';
import { ReplayRun, planFor, type ReplaySource } from './replay-run.js';
import type { ReplayRequest } from './request.js';

/** How beginning a replay ended. */
export type Beginning =
  | { readonly type: 'begun'; readonly run: ReplayRun }
  /** Another is under way; undefined while its range is still being settled, and where the gateway stops. */
  | { readonly type: 'busy'; readonly run: ReplayRun | undefined };

/** The replays of a gateway: one at a time, the last twenty remembered while it runs. */
export interface Replays {
  /** @throws ReplayRefusedError, or what reading the log's bounds and state throws: nothing has begun then. */
  begin(request: ReplayRequest): Promise<Beginning>;
  /** Newest first. */
  all(): readonly ReplayRun[];
  find(id: string): ReplayRun | undefined;
  /** Cancels what is under way, and begins nothing any more. */
  close(): void;
}

const remembered = 20;

/** No replays yet. */
export const openReplays = (source: ReplaySource): Replays => {
  const runs: ReplayRun[] = [];
  let beginning = false;
  let closed = false;
  const isClosed = (): boolean => closed;
  return {
    async begin(request) {
      const running = runs.find(({ isRunning }) => isRunning);
      if (beginning || isClosed() || running !== undefined) return { type: 'busy', run: running };
      beginning = true;
      try {
        const plans = await planFor(source, request);
        if (isClosed()) return { type: 'busy', run: undefined };
        const run = new ReplayRun(randomBytes(4).toString('hex'), source, { request, plans });
        runs.unshift(run);
        runs.splice(remembered);
        return { type: 'begun', run };
      } finally {
        beginning = false;
      }
    },
    all: () => runs,
    find: (id) => runs.find((run) => run.id === id),
    close() {
      closed = true;
      for (const run of runs) run.cancel();
    },
  };
};
