import { processWide } from './observing/process-wide.js';

/** Ends something within a time in milliseconds, which it keeps. Never rejects. */
export type EndWithin = (ms: number) => Promise<unknown>;

/** How long everything together may take when the process ends, in milliseconds. */
const limitMs = 5_000;
const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

interface Exit {
  readonly ends: Set<EndWithin>;
  readonly listeners: Map<string, () => void>;
  ending: boolean;
}

const newExit = (): Exit => ({ ends: new Set(), listeners: new Map(), ending: false });

const endAll = async ({ ends }: Exit): Promise<void> => {
  const all = [...ends];
  // Taken out first: what fails to end must not be tried for ever.
  ends.clear();
  await Promise.allSettled(all.map((end) => end(limitMs)));
};

const stopListening = (exit: Exit): void => {
  for (const [event, listener] of exit.listeners) process.removeListener(event, listener);
  exit.listeners.clear();
};

const raiseAgain = (exit: Exit, signal: NodeJS.Signals): void => {
  stopListening(exit);
  process.kill(process.pid, signal);
  // Somebody may have begun to listen meanwhile, and go on: then the next end is as good as the first.
  exit.ending = false;
};

const onSignal = (exit: Exit, signal: NodeJS.Signals): void => {
  const own = exit.listeners.get(signal);
  // An agent that handles the signal decides itself whether and when it ends.
  if (process.listeners(signal).some((listener) => listener !== own)) return;
  if (exit.ending) {
    raiseAgain(exit, signal);
    return;
  }
  exit.ending = true;
  void endAll(exit).then(() => raiseAgain(exit, signal));
};

const listen = (exit: Exit): void => {
  if (exit.listeners.size > 0) return;
  exit.listeners.set('beforeExit', () => void endAll(exit));
  for (const signal of signals) exit.listeners.set(signal, () => onSignal(exit, signal));
  for (const [event, listener] of exit.listeners) process.on(event, listener);
};

/**
 * Has `end` called when the process comes to its end by itself, and on SIGTERM, SIGINT or SIGHUP where nobody else listens for
 * them: then the signal is raised again once everything has ended, after five seconds at the latest, or at once when it
 * comes a second time. `process.exit()` and a crash leave no time for it. Answers what takes it back.
 */
export const atExit = (end: EndWithin): (() => void) => {
  const exit = processWide('exit', newExit);
  exit.ends.add(end);
  listen(exit);
  return () => {
    exit.ends.delete(end);
    if (exit.ends.size === 0 && !exit.ending) stopListening(exit);
  };
};
