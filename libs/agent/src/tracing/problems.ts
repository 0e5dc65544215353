/** Where problems of the SDK's own are told: one sentence with its remedy, never a secret. */
export type OnProblem = (message: string) => void;

/** Tells a problem of a kind. */
export type TellProblem = (kind: string, message: string) => void;

const pauseMs = 60_000;

const warn: OnProblem = (message) => process.emitWarning(message, 'KaizenTraceWarning');

/**
 * Tells each kind of problem at most once a minute, and never throws, whatever `onProblem` does. The kinds are words of
 * our own code, so there are few. Where `onProblem` is left out, problems are warnings of the process.
 */
export const problemTeller = (
  onProblem: OnProblem = warn,
  now: () => number = () => performance.now(),
): TellProblem => {
  const told = new Map<string, number>();
  return (kind, message) => {
    const last = told.get(kind);
    if (last !== undefined && now() - last < pauseMs) return;
    told.set(kind, now());
    try {
      onProblem(`kaizen-trace: ${message}`);
    } catch {
      // Whoever listens is broken; the agent goes on.
    }
  };
};
