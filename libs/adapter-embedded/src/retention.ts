import type { CompiledOptions } from './options.js';
import type { Store } from './store.js';
import type { Stream } from './keys.js';
import { partitionOfLeaseKey, streams } from './keys.js';

type Trimmed = Pick<Store, 'env' | 'logs' | 'partitions' | 'read' | 'write'>;

/** How often the log looks for what is too old, and how much it then removes in one transaction. */
const intervalMs = 60_000;
const chunksAtOnce = 32;

/** The least position that a group has reached; undefined where none has committed yet. */
const leastPosition = ({ env }: Trimmed, stream: Stream, partition: number): bigint | undefined => {
  let least: bigint | undefined;
  for (const { key, value } of env.positions.getRange({
    start: Buffer.of(stream),
    end: Buffer.of(stream + 1),
  })) {
    if (partitionOfLeaseKey(key) !== partition) continue;
    const position = value.readBigUInt64BE(0);
    if (least === undefined || position < least) least = position;
  }
  return least;
};

/** Up to where a partition may be removed: what is older than `cutoff`, and which every group has passed. */
const trimmableTo = (store: Trimmed, stream: Stream, of: { partition: number; cutoff: number }): bigint => {
  const old = store.logs.offsetAt(stream, of.partition, of.cutoff);
  if (stream === streams.deadLetters) return old;
  const passed = leastPosition(store, stream, of.partition) ?? 0n;
  return passed < old ? passed : old;
};

/** Removes, in small steps, what is older than `cutoff` and behind every group. Nobody's letters hold letters back. */
export const trimOnce = async (store: Trimmed, cutoff: number): Promise<void> => {
  for (const stream of Object.values(streams)) {
    for (let partition = 0; partition < store.partitions; partition += 1) {
      const start = store.read(() => trimmableTo(store, stream, { partition, cutoff }));
      if (start <= store.read(() => store.logs.head(stream, partition).start)) continue;
      const limit = { start, chunks: chunksAtOnce };
      while (await store.write(0, () => store.logs.trim(stream, partition, limit)));
    }
  }
};

/** Trims once a minute until stopped. A step that the disk refuses is tried again a minute later. */
export const keepTrimmed = (store: Trimmed, { retentionMs, now }: CompiledOptions): (() => void) => {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    store.env.forgetDeadReaders();
    running ??= trimOnce(store, now() - retentionMs)
      .catch(() => undefined)
      .finally(() => (running = undefined));
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
};
