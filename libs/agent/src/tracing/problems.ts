import { atMostOnceAMinute } from '../at-most-once-a-minute.js';

/** Where problems of the SDK's own are told: one sentence with its remedy, never a secret. */
export type OnProblem = (message: string) => void;

/** Tells a problem of a kind. */
export type TellProblem = (kind: string, message: string) => void;

const warn: OnProblem = (message) => process.emitWarning(message, 'KaizenTraceWarning');

/**
 * Tells each kind of problem at most once a minute, and never throws, whatever `onProblem` does. Where that is left out,
 * problems are warnings of the process.
 */
export const problemTeller = (onProblem: OnProblem = warn, now?: () => number): TellProblem => {
  const mayTell = atMostOnceAMinute(now);
  return (kind, message) => {
    if (!mayTell(kind)) return;
    try {
      onProblem(`kaizen-trace: ${message}`);
    } catch {
      // Whoever listens is broken; the agent goes on.
    }
  };
};
