import { EmbeddedLogError } from './errors.js';
import type { Environment } from './environment.js';
import { defaultPartitions } from './options.js';

/** Raised with every change of the bytes in {@link ./keys.ts} or {@link ./chunk.ts}; old ones must then be upcast. */
const currentFormat = 1;
const formatKey = Buffer.from('format');

interface Format {
  readonly format: number;
  readonly partitions: number;
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

/**
 * The partition count of the log, settled once by whoever creates it.
 *
 * @throws EmbeddedLogError where the format or the count is another.
 */
export const settleFormat = async (
  env: Environment,
  { partitions }: { readonly partitions: number | undefined },
): Promise<number> => {
  const read = (): Format | undefined => {
    const bytes = env.meta.get(formatKey);
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as Format);
  };
  let found = read();
  if (found === undefined) {
    await env.transact(() => {
      found = read();
      if (found !== undefined) return;
      found = { format: currentFormat, partitions: partitions ?? defaultPartitions };
      void env.meta.put(formatKey, Buffer.from(JSON.stringify(found)));
    });
  }
  return check(found!, partitions);
};
