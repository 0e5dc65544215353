import type { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { defaultMaxLineBytes, openLineReader } from '@kaizen-trace/contracts';
import { BodyError } from './body-error.js';
import type { ByteAccount } from './budget.js';
import type { Intake } from './intake.js';
import type { ItemReader, ItemReading } from './item-reader.js';
import { openJsonReader } from './json-reader.js';
import type { BodyForm } from './media.js';
import { unpack } from './unpack.js';

/** How much of a body may be read. */
export interface BodyLimits {
  /** Unpacked. */
  readonly maxBodyBytes: number;
  readonly account: ByteAccount;
}

/** How long one request may keep the event loop to itself, in milliseconds. */
const turnMs = 8;

/** Bytes worked through between two looks at the clock. */
const pieceBytes = 64 * 1024;

const openReader = (format: BodyForm['format'], maxBodyBytes: number): ItemReader => {
  const maxLineBytes = Math.min(defaultMaxLineBytes, maxBodyBytes);
  return format === 'ndjson' ? openLineReader({ maxLineBytes }) : openJsonReader(maxLineBytes);
};

const takeAll = (readings: readonly ItemReading[], intake: Intake): void => {
  for (const reading of readings) {
    if (reading.type === 'broken') throw new BodyError('broken', reading.reason);
    intake.take(reading);
  }
};

/** Gives other requests their turn, once this one has had its own. */
const openTurns = (): (() => Promise<void> | undefined) => {
  let began = performance.now();
  return () => {
    if (performance.now() - began < turnMs) return undefined;
    return setImmediate().then(() => {
      began = performance.now();
    });
  };
};

/**
 * Reads a whole body into `intake`, in slices that leave the event loop to others, within its limits. Gives the number of
 * unpacked bytes.
 *
 * @throws BodyError where the body is too large, broken, cut off, or there is no room for it now; nothing of `intake` may
 * be used then.
 */
export const readBody = async (
  source: Readable,
  form: BodyForm,
  { intake, limits }: { readonly intake: Intake; readonly limits: BodyLimits },
): Promise<number> => {
  const { maxBodyBytes, account } = limits;
  const reader = openReader(form.format, maxBodyBytes);
  const turn = openTurns();
  let bytes = 0;
  const hold = (size: number): void => {
    if (!account.take(size)) throw new BodyError('busy', 'too many bytes are in flight');
  };
  // A packed body may be a little larger than what it holds, where that does not shrink.
  const maxPackedBytes = form.coding === 'identity' ? maxBodyBytes : maxBodyBytes + pieceBytes;
  for await (const chunk of unpack(source, { coding: form.coding, maxPackedBytes, hold })) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new BodyError('too-large', 'the body is too large');
    hold(chunk.length);
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      takeAll(reader.push(chunk.subarray(from, from + pieceBytes)), intake);
      await turn();
    }
  }
  takeAll(reader.end(), intake);
  return bytes;
};
