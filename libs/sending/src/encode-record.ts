import { encodeEvent } from '@kaizen-trace/codec';
import { type HookContext, maxEventBytes } from '@kaizen-trace/contracts';
import type { NewRecord } from '@kaizen-trace/ports';
import type { Encoding } from './sink.js';

/** The event as a record of the log, keyed by its trace. */
export const encodeRecord = (event: HookContext): Encoding<NewRecord> => {
  const encoding = encodeEvent(event);
  if (encoding.type === 'too-large') {
    const reason = `is too large: ${encoding.size} bytes encoded, at most ${maxEventBytes} are taken`;
    return { type: 'refused', field: null, reason };
  }
  const payload = { key: Buffer.from(event.traceId), value: encoding.bytes };
  return { type: 'encoded', payload, size: payload.key.length + payload.value.length };
};
