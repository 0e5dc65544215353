/** What has something to finish when the process ends. */
export interface Unfinished {
  /** Asks for haste. */
  hurry(): void;
  /** Holds up the thread until all is sent, or there is no hope or no time left. */
  finish(): void;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
type Signal = (typeof signals)[number];

const unfinished = new Set<Unfinished>();

const finishAll = (): void => {
  for (const each of unfinished) each.hurry();
  for (const each of unfinished) each.finish();
};

/** Where the agent listens for a signal itself, its end is its own affair. */
const onSignal = (signal: Signal): void => {
  const isOurs = process.listenerCount(signal) === 1;
  // Libraries that end the process by the signal do so only where nobody else listens: for their look, nobody does.
  process.removeListener(signal, handlers[signal]);
  if (isOurs) {
    finishAll();
    process.kill(process.pid, signal);
    return;
  }
  for (const each of unfinished) each.hurry();
  setImmediate(() => listenTo(signal)).unref();
};

const handlers: Readonly<Record<Signal, () => void>> = {
  SIGTERM: () => onSignal('SIGTERM'),
  SIGINT: () => onSignal('SIGINT'),
  SIGHUP: () => onSignal('SIGHUP'),
};

const listenTo = (signal: Signal): void => {
  // First in line, so that those behind find only each other.
  if (unfinished.size > 0 && !process.listeners(signal).includes(handlers[signal]))
    process.prependListener(signal, handlers[signal]);
};

/** From now on the end of the process waits for it: a natural end, `process.exit`, an error nobody caught, a signal. */
export const finishAtExit = (each: Unfinished): void => {
  if (unfinished.size === 0) process.on('exit', finishAll);
  unfinished.add(each);
  signals.forEach(listenTo);
};

/** The end of the process need not wait for it any more. The last one takes all listeners with it. */
export const needNotFinish = (each: Unfinished): void => {
  unfinished.delete(each);
  if (unfinished.size > 0) return;
  process.removeListener('exit', finishAll);
  for (const signal of signals) process.removeListener(signal, handlers[signal]);
};
