import { readFileSync, statSync } from 'node:fs';
import {
  keyDigest,
  openKeyTable,
  StartError,
  warnOfShortKeys,
  type KeyTable,
  type Logger,
} from '@kaizen-trace/service-kit';
import { readKeyFile, type ApiKey } from './api-key.js';

/** Keys that are valid at one time, found by the key that is shown. */
export interface KeySet extends KeyTable<ApiKey> {
  readonly keys: readonly ApiKey[];
}

/** The keys that are valid now. */
export interface KeyRing {
  /** Undefined where none are wanted: the gateway is open, on loopback. The same object as long as nothing changes. */
  current(): KeySet | undefined;
  /** Calls `listener` whenever other keys are valid than before. */
  onChange(listener: () => void): void;
  /** Stops looking at the file. */
  close(): void;
}

export interface KeyRingOptions {
  readonly plain: readonly string[];
  readonly file: string | undefined;
  readonly logger: Logger;
  /** Within how many milliseconds a change is taken up; 1,000 by default. SIGHUP makes the file be read at once. */
  readonly everyMs?: number;
}

const maxFileBytes = 4 * 1024 * 1024;

const variable = 'KAIZEN_API_KEYS_FILE';

/** A key of the environment may do everything. */
const plainKey = (key: string, index: number): ApiKey => ({
  name: `KAIZEN_API_KEYS[${index}]`,
  digest: keyDigest(key),
  services: undefined,
  operations: ['ingest', 'read', 'operate'],
  requestsPerSecond: undefined,
  bytesPerSecond: undefined,
});

const reasonOf = (error: unknown): string => {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? `it cannot be read (${code})` : 'it cannot be read';
};

/** What tells one version of a file from the next, also where a link is turned to another. */
const stampOf = (file: string): string => {
  try {
    const { mtimeMs, ctimeMs, size, ino } = statSync(file);
    return `${mtimeMs}/${ctimeMs}/${size}/${ino}`;
  } catch (error) {
    return reasonOf(error);
  }
};

/** Whoever can write the file can make keys; who can only read it has hashes. */
const warnOfWriters = (file: string, logger: Logger): void => {
  try {
    if ((statSync(file).mode & 0o022) !== 0)
      logger.warn({ file }, 'others than its owner may write the key file, and so make keys: chmod go-w');
  } catch {
    // Gone since: the next look says so.
  }
};

const setOf = (keys: readonly ApiKey[]): KeySet => ({ keys, ...openKeyTable(keys) });

const read = (file: string): ReturnType<typeof readKeyFile> => {
  try {
    if (statSync(file).size > maxFileBytes)
      return { type: 'broken', reason: `it is over ${maxFileBytes} bytes` };
    return readKeyFile(readFileSync(file, 'utf8'));
  } catch (error) {
    return { type: 'broken', reason: reasonOf(error) };
  }
};

const openFileRing = (
  file: string,
  plain: readonly ApiKey[],
  { logger, everyMs = 1_000 }: KeyRingOptions,
): KeyRing => {
  let stamp = stampOf(file);
  let seen = stamp;
  const first = read(file);
  if (first.type === 'broken') throw new StartError(`${variable}, ${file}: ${first.reason}`);
  warnOfWriters(file, logger);
  let current = setOf([...plain, ...first.keys]);
  const listeners: (() => void)[] = [];
  const reload = (): void => {
    stamp = stampOf(file);
    const reading = read(file);
    if (reading.type === 'broken') {
      logger.error({ file, reason: reading.reason }, 'the key file is broken; the keys before it stay valid');
      return;
    }
    warnOfWriters(file, logger);
    current = setOf([...plain, ...reading.keys]);
    logger.info({ file, keys: reading.keys.length }, 'the key file has been read again');
    for (const listener of listeners) listener();
  };
  // Read when two looks saw the same: one that is being written in place may be half there.
  const look = (): void => {
    const now = stampOf(file);
    if (now !== stamp && now === seen) reload();
    seen = now;
  };
  const timer = setInterval(look, everyMs / 2);
  timer.unref();
  process.on('SIGHUP', reload);
  return {
    current: () => current,
    onChange: (listener) => void listeners.push(listener),
    close() {
      clearInterval(timer);
      process.off('SIGHUP', reload);
    },
  };
};

/**
 * Opens the keys of the environment and of a file, which is read again whenever it changes: a key is valid while it stands
 * there. A file that breaks later leaves the keys as they were, and says so.
 *
 * @throws StartError where the file is broken at the start.
 */
export const openKeyRing = (options: KeyRingOptions): KeyRing => {
  warnOfShortKeys(options.plain, 'KAIZEN_API_KEYS', options.logger);
  const plain = options.plain.map(plainKey);
  if (options.file !== undefined) return openFileRing(options.file, plain, options);
  const current = plain.length === 0 ? undefined : setOf(plain);
  return { current: () => current, onChange: () => undefined, close: () => undefined };
};
