import { offset, type Offset, type StateReader } from '@kaizen-trace/ports';
import type { KafkaLogSettings } from './options.js';
import { readBounds, readRange } from './partition-reader.js';

/** How many of the newest entries are looked at first; what every commit writes is among them. */
const firstLook = 2_000n;

/** A look at the newest entries of a partition's state, further and further back until the key is found. */
export const openStateReader = (settings: KafkaLogSettings, closed: AbortSignal): StateReader => {
  const { link, fetchBytes: maxBytes, maxWaitMs, topics } = settings;

  /** Null: removed; undefined: not in this range. */
  const lastIn = async (
    range: { readonly partition: number; readonly from: Offset; readonly to: Offset },
    wanted: Buffer,
  ): Promise<Uint8Array | null | undefined> => {
    let found: Uint8Array | null | undefined;
    const plan = { link, topic: topics.state, ...range, maxBytes, maxWaitMs, signal: closed };
    for await (const { records } of readRange(plan)) {
      for (const { key, value } of records)
        if (key !== null && wanted.equals(key)) found = value === null ? null : Uint8Array.from(value);
    }
    return found;
  };

  return {
    latest: async (partition, key) => {
      const wanted = Buffer.from(key);
      const { start, end } = await readBounds(link, topics.state, partition);
      let to: bigint = end;
      for (let look = firstLook; to > start; look *= 8n) {
        const from = end - look > start ? end - look : start;
        const found = await lastIn({ partition, from: offset(from), to: offset(to) }, wanted);
        if (closed.aborted) throw new Error('the log was closed while its state was read');
        if (found !== undefined) return found ?? undefined;
        to = from;
      }
      return undefined;
    },
  };
};
