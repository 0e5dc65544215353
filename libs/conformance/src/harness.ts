import { afterEach, beforeEach } from '@jest/globals';
import { partitionOf } from '@kaizen-trace/ports';
import type {
  LogConnection,
  LogReader,
  LogRecord,
  NewRecord,
  Offset,
  RecordBatch,
} from '@kaizen-trace/ports';
import type { ConformanceFixture, SuiteContext } from './fixture.js';

/** The text's UTF-8. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
/** The bytes read as UTF-8. */
export const text = (value: Uint8Array | null): string | null =>
  value === null ? null : new TextDecoder().decode(value);
/** Plain bytes, so that a Buffer equals a Uint8Array. */
export const plain = (value: Uint8Array | null): readonly number[] | null =>
  value === null ? null : [...value];

/** Resolves after `ms`: to give something the chance to go wrong, never to wait for it to go right. */
export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The fixture of the running test, opened before it and disposed of after it. */
export const fixtureOf = ({ open, patienceMs }: SuiteContext): (() => ConformanceFixture) => {
  let fixture: ConformanceFixture | undefined;
  beforeEach(async () => {
    fixture = await open();
  }, patienceMs * 3);
  afterEach(async () => {
    await fixture?.dispose();
    fixture = undefined;
  }, patienceMs * 3);
  return () => {
    if (fixture === undefined) throw new Error('the fixture is open only while a test runs');
    return fixture;
  };
};

/** Waits until `condition` holds; fails with what was awaited after `patienceMs`. */
export const eventually = async (
  what: string,
  patienceMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> => {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceMs} ms: ${what}`);
    await sleep(10);
  }
};

/** Fails where `promise` does not settle in time, instead of leaving it to the test's own timeout. */
export const within = async <Result>(
  what: string,
  patienceMs: number,
  promise: Promise<Result>,
): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${patienceMs} ms: ${what}`)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The `n`-th key that falls on `partition`. */
export const keyOn = (partition: number, partitions: number, n = 0): Uint8Array => {
  for (let tried = 0, found = 0; ; tried += 1) {
    const key = bytes(`trace-${tried}`);
    if (partitionOf(key, partitions) === partition && (found += 1) > n) return key;
  }
};

/** `count` records for one partition, with the values `${prefix}0`, `${prefix}1`… */
export const recordsOn = (
  fixture: ConformanceFixture,
  partition: number,
  { count, prefix = 'event-' }: { readonly count: number; readonly prefix?: string },
): readonly NewRecord[] => {
  const key = keyOn(partition, fixture.partitions);
  return Array.from({ length: count }, (_, index) => ({ key, value: bytes(`${prefix}${index}`) }));
};

/** Appends, and fails unless the log says that it did. */
export const append = async (connection: LogConnection, records: readonly NewRecord[]): Promise<void> => {
  const outcome = await connection.events.append(records);
  if (outcome.type !== 'appended') throw new Error(`append ended as ${outcome.type}`, { cause: outcome });
};

/** Everything that the partition holds now. */
export const scanAll = async (reader: LogReader, partition: number): Promise<readonly LogRecord[]> => {
  const { start, end } = await reader.bounds(partition);
  const found: LogRecord[] = [];
  for await (const batch of reader.scan({ partition, from: start, to: end })) found.push(...batch.records);
  return found;
};

/** Everything that the log holds now, partition after partition. */
export const scanEverything = async (reader: LogReader): Promise<readonly LogRecord[]> => {
  const found: LogRecord[] = [];
  const partitions = await reader.partitionCount();
  for (let partition = 0; partition < partitions; partition += 1)
    found.push(...(await scanAll(reader, partition)));
  return found;
};

/** Reads on until `count` records have come; returns them and where the reader then stands. */
export const take = async (
  batches: AsyncIterable<RecordBatch>,
  count: number,
): Promise<{ readonly records: readonly LogRecord[]; readonly nextOffset: Offset | undefined }> => {
  const records: LogRecord[] = [];
  let nextOffset: Offset | undefined;
  for await (const batch of batches) {
    records.push(...batch.records);
    nextOffset = batch.nextOffset;
    if (records.length >= count) break;
  }
  return { records, nextOffset };
};

/** The records' values as texts. */
export const values = (records: readonly LogRecord[]): readonly (string | null)[] =>
  records.map((record) => text(record.value));
