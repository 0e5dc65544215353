import { InvalidArgumentError } from 'commander';
import type { Millis } from '@kaizen-trace/contracts';
import { millis, readTimestamp } from '@kaizen-trace/contracts';
import { duration } from '@kaizen-trace/settings';

/** A place in the log: by offset, the same number in each partition, or by append time. */
export type Point =
  { readonly type: 'offset'; readonly offset: bigint } | { readonly type: 'time'; readonly time: Millis };

const agoParser = duration();

const fromTimestamp = (text: string): Point => {
  const reading = readTimestamp(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  // Rounded up: append times are whole milliseconds, and the first at or after the moment is meant.
  if (reading.type === 'read')
    return { type: 'time', time: millis(Number((reading.timestamp + 999n) / 1000n)) };
  throw new InvalidArgumentError(
    `It ${reading.reason}, or offset:N, or a duration such as 2h, which means so long ago.`,
  );
};

/** Reads `offset:N`, a duration (so long before now), ISO 8601 or seconds since the epoch. */
export const pointOf =
  (now: () => number) =>
  (text: string): Point => {
    const found = /^offset:(\d{1,18})$/.exec(text);
    if (found !== null) return { type: 'offset', offset: BigInt(found[1] ?? '') };
    const ago = agoParser.parse(text);
    if (ago.type === 'parsed') return { type: 'time', time: millis(Math.max(0, now() - ago.value)) };
    return fromTimestamp(text);
  };
