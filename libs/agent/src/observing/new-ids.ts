import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(4096);
let used = pool.length;

/** Random bytes in hex, never all zero. Asking the system each time would cost more than the rest of an event. */
const randomHex = (bytes: number): string => {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const hex = pool.toString('hex', used, (used += bytes));
  return /[^0]/.test(hex) ? hex : randomHex(bytes);
};

/** A trace id as W3C Trace Context writes it, so that the wire carries the very same string: 32 hex digits. */
export const newTraceId = (): string => randomHex(16);

/** The id of one operation: 16 hex digits. */
export const newCallId = (): string => randomHex(8);

/** What tells two agents of one class apart: 6 hex digits. */
export const shortId = (): string => randomHex(3);
