import { InvalidArgumentError } from 'commander';
import { readPoint, type Point } from '@kaizen-trace/replay';

/** Reads a place in the log, for commander. */
export const pointOf =
  (now: () => number) =>
  (text: string): Point => {
    const reading = readPoint(text, now());
    if (reading.type === 'read') return reading.point;
    throw new InvalidArgumentError(`It ${reading.reason}.`);
  };
