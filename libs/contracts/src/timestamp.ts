import type { Micros } from './time.js';
import { micros } from './time.js';

/** The first second that is out of range: a timestamp in milliseconds of our days lies beyond it, and is caught. */
export const endOfTimeSeconds = 9_223_372_036;

/** The first microsecond that is out of range: below it, nanoseconds fit in a signed 64-bit integer. */
export const endOfTime = micros(9_223_372_036_000_000n);

/** The moment that a timestamp names, or why it names none. */
export type TimestampReading =
  | { readonly type: 'read'; readonly timestamp: Micros }
  | { readonly type: 'refused'; readonly reason: string };

const outOfRange: TimestampReading = {
  type: 'refused',
  reason: `must be in seconds since the epoch, from 0 to below ${endOfTimeSeconds}`,
};

/** Below this a double is within 0.24 µs of the decimal it was written as, so only values near a half need its text. */
const preciseBelow = 2 ** 32;

/** Rounds by the shortest decimal text of the number, since that is what the sender wrote. */
const roundByText = (seconds: number): bigint => {
  if (seconds < 1e-6) return seconds >= 5e-7 ? 1n : 0n;
  const [whole = '0', fraction = ''] = String(seconds).split('.');
  const halfUp = fraction.length > 6 && fraction.charCodeAt(6) >= 53;
  return BigInt(whole + fraction.slice(0, 6).padEnd(6, '0')) + (halfUp ? 1n : 0n);
};

/** Seconds since the epoch to microseconds, halves up. */
const readSeconds = (seconds: number): TimestampReading => {
  if (!(seconds >= 0 && seconds < endOfTimeSeconds)) return outOfRange;
  if (seconds < preciseBelow) {
    const whole = Math.floor(seconds);
    const exact = (seconds - whole) * 1e6;
    const nearest = Math.round(exact);
    if (Math.abs(exact - nearest) < 0.25)
      return { type: 'read', timestamp: micros(BigInt(whole * 1e6 + nearest)) };
  }
  return { type: 'read', timestamp: micros(roundByText(seconds)) };
};

const dateTime =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:Z|([+-])(\d{2}):(\d{2}))?$/;

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** An ISO 8601 date-time to microseconds: UTC where it names no zone, digits after the sixth cut. */
const readDateTime = (text: string): TimestampReading => {
  const match = dateTime.exec(text);
  if (match === null)
    return { type: 'refused', reason: 'must be a number of seconds or an ISO 8601 date-time' };
  const numberAt = (group: number): number => Number(match[group] ?? 0);
  const [year, month, day] = [numberAt(1), numberAt(2), numberAt(3)];
  const [hour, minute, second] = [numberAt(4), numberAt(5), numberAt(6)];
  const [zoneHour, zoneMinute] = [numberAt(9), numberAt(10)];
  // Years below 100 would be taken for those of the last century.
  if (year < 1969) return outOfRange;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month))
    return { type: 'refused', reason: 'names a date that does not exist' };
  if (hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59)
    return { type: 'refused', reason: 'names a time that does not exist' };
  const offset = (match[8] === '-' ? -1 : 1) * (zoneHour * 60 + zoneMinute) * 60_000;
  const wholeMillis = Date.UTC(year, month - 1, day, hour, minute, second) - offset;
  const timestamp = micros(BigInt(wholeMillis) * 1000n + BigInt((match[7] ?? '').slice(0, 6).padEnd(6, '0')));
  return timestamp >= 0n && timestamp < endOfTime ? { type: 'read', timestamp } : outOfRange;
};

/** A timestamp as JSON has it: a number of seconds, or an ISO 8601 date-time. */
export const readTimestamp = (value: unknown): TimestampReading => {
  if (typeof value === 'number') return readSeconds(value);
  if (typeof value === 'string') return readDateTime(value);
  return { type: 'refused', reason: 'must be a number of seconds or an ISO 8601 date-time' };
};

/** The number of seconds that {@link readSeconds} reads as `timestamp`, else the date-time that does. */
export const timestampToJson = (timestamp: Micros): number | string => {
  const seconds = Number(timestamp) / 1e6;
  const reading = readSeconds(seconds);
  if (reading.type === 'read' && reading.timestamp === timestamp) return seconds;
  const wholeSeconds = new Date(Number(timestamp / 1_000_000n) * 1000).toISOString().slice(0, 19);
  return `${wholeSeconds}.${String(timestamp % 1_000_000n).padStart(6, '0')}Z`;
};
