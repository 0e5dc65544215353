import { processWide } from '../observing/process-wide.js';

/** What has something to finish when the process ends. */
export interface Unfinished {
  /** Asks for haste, for a while. */
  hurry(): void;
  /** Holds up the thread until all is sent, or there is no hope or no time left, as counted from `since`. */
  finish(since: number): void;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

/** One for all copies of this package: each for itself would take the others for listeners of the agent's. */
interface Ending {
  readonly unfinished: Set<Unfinished>;
  readonly listeners: Map<Signal | 'exit', () => void>;
  /** Nothing that is put off is done any more. */
  isEnding: boolean;
}

const newEnding = (): Ending => ({ unfinished: new Set(), listeners: new Map(), isEnding: false });

const theEnding = (): Ending => processWide('publishing', newEnding);

/** Whether the process is past the point where anything is done that is put off, such as the printing of warnings. */
export const isEnding = (): boolean => theEnding().isEnding;

const finishAll = (ending: Ending): void => {
  ending.isEnding = true;
  const { unfinished } = ending;
  const since = performance.now();
  for (const each of unfinished) each.hurry();
  for (const each of unfinished) each.finish(since);
};

const listenTo = ({ unfinished, listeners }: Ending, signal: Signal): void => {
  const listener = listeners.get(signal);
  if (listener === undefined || unfinished.size === 0 || process.listeners(signal).includes(listener)) return;
  // First in line, so that those behind find only each other.
  process.prependListener(signal, listener);
};

/** Where anyone else listens for a signal, the end is their affair. */
const onSignal = (ending: Ending, signal: Signal): void => {
  const { unfinished, listeners } = ending;
  const listener = listeners.get(signal);
  const isOurs = process.listenerCount(signal) === 1;
  // Who ends the process by the signal does so only where nobody else listens: for their look, nobody does.
  if (listener !== undefined) process.removeListener(signal, listener);
  if (isOurs) {
    finishAll(ending);
    process.kill(process.pid, signal);
    return;
  }
  for (const each of unfinished) each.hurry();
  // Before anything else runs that may raise the signal again.
  process.nextTick(() => listenTo(ending, signal));
};

/** From now on the end of the process waits for it: a natural end, `process.exit`, an error nobody caught, a signal. */
export const finishAtExit = (each: Unfinished): void => {
  const ending = theEnding();
  const { unfinished, listeners } = ending;
  unfinished.add(each);
  if (listeners.size > 0) return;
  const onExit = (): void => finishAll(ending);
  listeners.set('exit', onExit);
  process.on('exit', onExit);
  for (const signal of signals) {
    listeners.set(signal, () => onSignal(ending, signal));
    listenTo(ending, signal);
  }
};

/** The end of the process need not wait for it any more. The last one takes all listeners with it. */
export const needNotFinish = (each: Unfinished): void => {
  const { unfinished, listeners } = theEnding();
  unfinished.delete(each);
  if (unfinished.size > 0) return;
  for (const [event, listener] of listeners) process.removeListener(event, listener);
  listeners.clear();
};
