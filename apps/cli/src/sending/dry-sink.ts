import type { NewRecord } from '@kaizen-trace/ports';
import { encodeRecord, type Sink } from '@kaizen-trace/sending';

/** Refuses what the log would refuse, and sends nothing anywhere. */
export const openDrySink = (): Sink<NewRecord> => ({
  destination: 'nowhere',
  encode: encodeRecord,
  send: () => Promise.resolve({ type: 'taken', rejected: [] }),
  close: () => Promise.resolve(),
});
