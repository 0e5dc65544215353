/** How serious a line of the client's log is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Where the client's log goes. Lines name brokers, topics and groups, never secrets. */
export type LogSink = (level: LogLevel, message: string) => void;

/** For how long a line that has just come is not written again. */
const quietMs = 30_000;

/** So many different lines are remembered; beyond, all are forgotten, and may come again at once. */
const maxRemembered = 500;

/**
 * A sink that writes each line once in half a minute, then with how often it came meanwhile: while a broker is away, the
 * client says so dozens of times a second. `now` is a clock in milliseconds.
 */
export const quietRepeats = (log: LogSink, now: () => number = () => performance.now()): LogSink => {
  const written = new Map<string, { readonly at: number; repeats: number }>();
  return (level, message) => {
    const last = written.get(message);
    const at = now();
    if (last !== undefined && at - last.at < quietMs) {
      last.repeats += 1;
      return;
    }
    if (last === undefined && written.size >= maxRemembered) written.clear();
    written.set(message, { at, repeats: 0 });
    const more =
      last === undefined || last.repeats === 0
        ? ''
        : ` (${last.repeats} times more in the last ${Math.round((at - last.at) / 1000)} s)`;
    log(level, message + more);
  };
};

/**
 * The level of a line that kafkajs writes with `level`. It writes each answer with an error code as an error, though
 * whoever asked reports what comes of it, and failures that are tried again.
 */
export const calmLevel = (level: LogLevel, message: string): LogLevel => {
  if (message.startsWith('Response ')) return 'debug';
  return level === 'error' ? 'warn' : level;
};
