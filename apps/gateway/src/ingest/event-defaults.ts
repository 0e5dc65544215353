import { randomFillSync, randomUUID } from 'node:crypto';
import { micros, millis, uuidRandomBytes, uuidV7, type EventDefaults } from '@kaizen-trace/contracts';

const poolBytes = uuidRandomBytes * 512;
const pool = new Uint8Array(poolBytes);
let used = poolBytes;

/** Asking the system for randomness once for many ids: a call for each would cost more than the event itself. */
const nextRandom = (): Uint8Array => {
  if (used === poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  used += uuidRandomBytes;
  return pool.subarray(used - uuidRandomBytes, used);
};

/** Defaults for the events of one request, which was received at `receivedAt` (milliseconds since the epoch). */
export const eventDefaults = (receivedAt: number): EventDefaults => {
  const time = millis(receivedAt);
  const timestamp = micros(BigInt(receivedAt) * 1000n);
  return { now: () => timestamp, newId: () => uuidV7(time, nextRandom()), newTraceId: () => randomUUID() };
};
