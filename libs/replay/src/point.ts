import type { Millis } from '@kaizen-trace/contracts';
import { millis, readTimestamp } from '@kaizen-trace/contracts';
import { duration } from '@kaizen-trace/settings';

/** A place in the log: by offset, the same number in each partition, or by append time. */
export type Point =
  { readonly type: 'offset'; readonly offset: bigint } | { readonly type: 'time'; readonly time: Millis };

/** How reading a place ended; the reason goes on from "It". */
export type PointReading =
  { readonly type: 'read'; readonly point: Point } | { readonly type: 'refused'; readonly reason: string };

const agoParser = duration();

const fromTimestamp = (text: string): PointReading => {
  const reading = readTimestamp(/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);
  // Rounded up: append times are whole milliseconds, and the first at or after the moment is meant.
  if (reading.type === 'read')
    return {
      type: 'read',
      point: { type: 'time', time: millis(Number((reading.timestamp + 999n) / 1000n)) },
    };
  const remedy = 'or offset:N, or a duration such as 2h, which means so long ago';
  return { type: 'refused', reason: `${reading.reason}, ${remedy}` };
};

/** Reads `offset:N`, a duration (so long before `now`), ISO 8601 or seconds since the epoch. */
export const readPoint = (text: string, now: number): PointReading => {
  const found = /^offset:(\d{1,18})$/.exec(text);
  if (found !== null) return { type: 'read', point: { type: 'offset', offset: BigInt(found[1] ?? '') } };
  const ago = agoParser.parse(text);
  if (ago.type === 'parsed')
    return { type: 'read', point: { type: 'time', time: millis(Math.max(0, now - ago.value)) } };
  return fromTimestamp(text);
};
