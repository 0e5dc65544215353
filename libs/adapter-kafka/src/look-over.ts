import type { Millis } from '@kaizen-trace/contracts';
import { groupBy, offset, type LogBounds, type LogPlace } from '@kaizen-trace/ports';
import { patiently } from './partition-reader.js';
import { brokerCodeOf, brokerCodes } from './wire/errors.js';
import { fetchRecords } from './wire/fetch.js';
import type { Link, LinkSettings } from './wire/link.js';

const readCommitted = 1;
const [earliest, latest] = [-2, -1];
/** Whoever watches asks again in a moment. */
const limitMs = 3_000;
/** Batches of a transaction's markers alone that may stand in front of a record. */
const mostEmptyBatches = 8;

/** One offset for each partition, asked of each leader in one request. */
const offsetsOf = async (
  link: Link,
  topic: string,
  timestamp: number,
): Promise<ReadonlyMap<number, bigint>> => {
  const partitions = Array.from({ length: await link.partitionCount(topic) }, (_, partition) => partition);
  const leaders = await Promise.all(
    partitions.map(async (partition) => ({ partition, broker: await link.leader(topic, partition) })),
  );
  const found = new Map<number, bigint>();
  for (const [broker, led] of groupBy(leaders, (each) => each.broker)) {
    const asked = led.map(({ partition }) => ({ partition, timestamp }));
    const { responses } = await broker.listOffsets({
      isolationLevel: readCommitted,
      topics: [{ topic, partitions: asked }],
    });
    for (const { partitions: answered } of responses)
      for (const each of answered) found.set(each.partition, BigInt(each.offset));
  }
  return found;
};

/** The bounds of every partition for a reader of committed records, over one link. @throws Error where none answers. */
export const readAllBounds = (settings: LinkSettings, topic: string): Promise<readonly LogBounds[]> =>
  patiently(
    settings,
    async (link) => {
      const starts = await offsetsOf(link, topic, earliest);
      const ends = await offsetsOf(link, topic, latest);
      return Array.from({ length: ends.size }, (_, partition) => ({
        start: offset(starts.get(partition) ?? 0n),
        end: offset(ends.get(partition) ?? 0n),
      }));
    },
    limitMs,
  );

/** Reads no more than the batch in which the record stands: a broker gives one whole, however little is asked for. */
const timeAt = async (
  link: Link,
  topic: string,
  { partition, offset: from }: LogPlace,
): Promise<Millis | undefined> => {
  const broker = await link.leader(topic, partition);
  let at: bigint = from;
  for (let empty = 0; empty < mostEmptyBatches; empty += 1) {
    const { records, nextOffset } = await fetchRecords(broker, {
      ...{ topic, partition, from: at },
      ...{ maxBytes: 1, maxWaitMs: 0 },
    });
    if (records[0] !== undefined) return records[0].appendTime;
    if (nextOffset <= at) return undefined;
    at = nextOffset;
  }
  return undefined;
};

const startOf = async (link: Link, topic: string, partition: number): Promise<bigint> =>
  (await offsetsOf(link, topic, earliest)).get(partition) ?? 0n;

/** Append times of the records at some places, over one link. @throws Error where no broker answers. */
export const readAppendTimes = (
  settings: LinkSettings,
  topic: string,
  places: readonly LogPlace[],
): Promise<readonly (Millis | undefined)[]> => {
  if (places.length === 0) return Promise.resolve([]);
  const look = async (link: Link, place: LogPlace): Promise<Millis | undefined> => {
    try {
      return await timeAt(link, topic, place);
    } catch (error) {
      if (brokerCodeOf(error) !== brokerCodes.offsetOutOfRange) throw error;
      const start = await startOf(link, topic, place.partition);
      // Past the end there is nothing; what was trimmed away counts as the start.
      if (place.offset >= start) return undefined;
      return timeAt(link, topic, { ...place, offset: offset(start) });
    }
  };
  return patiently(settings, (link) => Promise.all(places.map((place) => look(link, place))), limitMs);
};
