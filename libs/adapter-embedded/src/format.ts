import { prepareEntries, writeEntries } from '@kaizen-trace/state-store';
import { EmbeddedLogError } from './errors.js';
import type { Environment } from './environment.js';
import { splitOldStateKey } from './keys.js';
import { defaultPartitions } from './options.js';

/** Raised with every change of the bytes in {@link ./keys.ts} or {@link ./chunk.ts}; old ones must then be upcast. */
const currentFormat = 2;
const formatKey = Buffer.from('format');

interface Format {
  readonly format: number;
  readonly partitions: number;
  /** The format that is still being upcast; older releases refuse the log from its first step on. */
  readonly from?: number;
}

const check = (found: Format, wanted: number | undefined): number => {
  if (found.format !== currentFormat)
    throw new EmbeddedLogError(
      'KAIZEN_LOG_FORMAT',
      `the log has format ${found.format}, this release reads ${currentFormat}: use the release that wrote it, or an empty directory (KAIZEN_DATA_DIR)`,
    );
  if (wanted !== undefined && wanted !== found.partitions)
    throw new EmbeddedLogError(
      'KAIZEN_LOG_PARTITIONS',
      `the log has ${found.partitions} partitions, not ${wanted}: ask for ${found.partitions}, or publish its events again into an empty directory (KAIZEN_DATA_DIR)`,
    );
  return found.partitions;
};

const read = (env: Environment): Format | undefined => {
  const bytes = env.meta.get(formatKey);
  return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as Format);
};

const write = (env: Environment, format: Format): void =>
  void env.meta.put(formatKey, Buffer.from(JSON.stringify(format)));

/** What one step of an upcast moves at most. */
const stepEntries = 5_000;
const stepBytes = 4 * 1024 * 1024;

/** Whether there may be more to move. */
const moveState = (env: Environment): boolean => {
  let size = 0;
  const moved: Buffer[] = [];
  for (const { key, value } of env.oldState.getRange({ limit: stepEntries })) {
    const { prefix, entry } = splitOldStateKey(key);
    const { entries, due } = env;
    writeEntries({ entries, due, prefix }, prepareEntries(prefix, [{ key: entry, value }]));
    moved.push(key);
    size += value.length;
    if (size >= stepBytes) break;
  }
  for (const key of moved) void env.oldState.remove(key);
  return moved.length > 0;
};

/** Whether there is another step to take. */
const upcastStep = async (env: Environment): Promise<boolean> => {
  let more = false;
  await env.transact(() => {
    const found = read(env)!;
    more = (found.format === 1 || found.from === 1) && moveState(env);
    const { partitions } = found;
    write(env, { format: currentFormat, partitions, ...(more ? { from: 1 } : {}) });
  });
  return more;
};

/**
 * Format 1 had the state in the order of its keys, without due times. Moved in steps, each a transaction that may be the
 * last before a crash, or another process's: whoever opens the log goes on until nothing is left.
 */
const upcastState = async (env: Environment): Promise<void> => {
  let more = true;
  while (more) more = await upcastStep(env);
};

/**
 * The partition count of the log, settled once by whoever creates it; a log of format 1 is upcast.
 *
 * @throws EmbeddedLogError where the format or the count is another.
 */
export const settleFormat = async (
  env: Environment,
  { partitions }: { readonly partitions: number | undefined },
): Promise<number> => {
  let found = read(env);
  if (found === undefined) {
    await env.transact(() => {
      found = read(env);
      if (found !== undefined) return;
      found = { format: currentFormat, partitions: partitions ?? defaultPartitions };
      write(env, found);
    });
  }
  if (found!.format === 1 || found!.from === 1) {
    await upcastState(env);
    env.refresh();
    found = read(env);
  }
  return check(found!, partitions);
};
