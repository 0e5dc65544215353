import type { Output } from './io.js';

/** One look at the work. */
export interface ProgressState {
  /** 0 to 1, undefined where the end is not known. */
  readonly fraction: number | undefined;
  /** What stands beside the bar. */
  readonly text: string;
}

/** One line at the bottom of a terminal. On anything else only `note` shows. */
export interface Progress {
  /** Prints a line above the bar. */
  note(line: string): void;
  /** Takes the bar away. */
  stop(): void;
}

const width = 24;

const bar = (fraction: number): string => {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return `[${'█'.repeat(filled)}${'░'.repeat(width - filled)}] ${String(Math.floor(fraction * 100)).padStart(3)} %  `;
};

/** Shows what `look` says five times a second, until stopped. */
export const showProgress = (output: Output, look: () => ProgressState): Progress => {
  if (output.isTTY !== true) return { note: (line) => void output.write(`${line}\n`), stop: () => undefined };
  const draw = (): void => {
    const { fraction, text } = look();
    const line = (fraction === undefined ? '' : bar(fraction)) + text;
    output.write(`\r\u001b[2K${line.slice(0, (output.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(draw, 200);
  timer.unref();
  return {
    note: (line) => void output.write(`\r\u001b[2K${line}\n`),
    stop() {
      clearInterval(timer);
      output.write('\r\u001b[2K');
    },
  };
};

/** A count with its thousands apart, as in 12,345. */
export const count = (value: number): string => value.toLocaleString('en-US');

/** Events with their number, as in 1 event and 12,345 events. */
export const eventCount = (value: number): string => `${count(value)} ${value === 1 ? 'event' : 'events'}`;

/** Events a second, over `elapsedMs`. */
export const perSecond = (events: number, elapsedMs: number): string =>
  `${count(Math.round((events * 1000) / Math.max(1, elapsedMs)))}/s`;
