import type { NewRecord } from '@kaizen-trace/ports';
import { encodeRecord } from './encode-record.js';
import type { Sink } from './sink.js';

/** Refuses what the log would refuse, and sends nothing anywhere. */
export const openDrySink = (): Sink<NewRecord> => ({
  destination: 'nowhere',
  encode: encodeRecord,
  send: () => Promise.resolve({ type: 'taken', rejected: [] }),
  close: () => Promise.resolve(),
});
