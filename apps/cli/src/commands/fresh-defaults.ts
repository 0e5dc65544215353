import { randomBytes, randomUUID } from 'node:crypto';
import { type EventDefaults, micros, millis, uuidRandomBytes, uuidV7 } from '@kaizen-trace/contracts';

/** Fills in what an event leaves out before its first attempt, so that every repeat bears the same ids. */
export const freshDefaults: EventDefaults = {
  now: () => micros(BigInt(Date.now()) * 1000n),
  newId: () => uuidV7(millis(Date.now()), randomBytes(uuidRandomBytes)),
  newTraceId: () => randomUUID(),
};
