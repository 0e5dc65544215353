import { type Command, InvalidArgumentError, Option } from 'commander';
import { readTimestamp } from '@kaizen-trace/contracts';
import { duration, type Parser, wholeNumber } from '@kaizen-trace/settings';
import type { CommandContext, ExitCode } from '../terminal/io.js';

/** Where commands are added: each says how it ended. */
export interface CommandLine {
  readonly program: Command;
  /** Makes the action of a command; what `run` returns becomes the exit code. */
  readonly action: <Args extends unknown[]>(
    run: (context: CommandContext, ...args: Args) => Promise<ExitCode>,
  ) => (...args: Args) => Promise<void>;
}

/** Reads an option as a setting would be read. */
export const by =
  <T>(parser: Parser<T>) =>
  (text: string): T => {
    const outcome = parser.parse(text);
    if (outcome.type === 'parsed') return outcome.value;
    throw new InvalidArgumentError(`It is ${outcome.problem}. ${outcome.remedy}`);
  };

/** A whole number of an option, within bounds. */
export const number = (low: number, high: number): ((text: string) => number) => by(wholeNumber(low, high));

/** A duration of an option, such as `30s`, in milliseconds. */
export const milliseconds = (text: string): number => by(duration())(text);

/** A moment of an option, as the contract's timestamps: in microseconds since the epoch. */
export const moment = (text: string): bigint => {
  const reading = readTimestamp(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  if (reading.type === 'read') return reading.timestamp;
  throw new InvalidArgumentError(`It ${reading.reason}.`);
};

/** An option that is a duration; its default is shown as it would be written. */
export const durationOption = (
  flags: string,
  about: string,
  fallback: { readonly ms: number; readonly shown: string },
): Option => new Option(flags, about).argParser(milliseconds).default(fallback.ms, fallback.shown);

/** How long a command that sends goes on without progress. */
export const timeoutOption = (): Option =>
  durationOption('--timeout <duration>', 'give up after so long without progress', {
    ms: 60_000,
    shown: '60s',
  });
