import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import {
  partitionKey,
  type LogBounds,
  type Offset,
  type RestoreProgress,
  type StateEntry,
} from '@kaizen-trace/ports';
import { differenceOf, type LocalStore, type StateMark, type StoreIdentity } from '@kaizen-trace/state-store';
import type { KafkaLogSettings } from './options.js';
import { patiently, readRange } from './partition-reader.js';
import type { Link } from './wire/link.js';
import { fetchTopicIdentity } from './wire/topic-identity.js';

// As one object: Node's ESM loader does not see all names of kafkajs.
const { ConfigResourceTypes } = kafkajs;

/** Which state to restore, as it was found after the fencing. */
export interface StateSource {
  readonly group: string;
  readonly partition: number;
  /** Of the partition's state in its topic, the changelog. */
  readonly bounds: LogBounds;
  /** A time before those bounds were asked for, in milliseconds. */
  readonly asOf: number;
  readonly committedOffset: Offset | undefined;
}

/** What a store on this machine must fit to be used. */
interface Changelog {
  readonly identity: StoreIdentity;
  /** Whether the identity is one; brokers before 2.8 have none. */
  readonly isKnown: boolean;
  /** How long the changelog keeps the news of a removal, in milliseconds. */
  readonly tombstonesMs: number;
}

const day = 24 * 60 * 60 * 1000;
/** Kafka's own default. */
const defaultTombstonesMs = day;
const retentionName = 'delete.retention.ms';
/** Clocks that are set right may go back a little. */
const clockSlackMs = 60_000;

const readTombstonesMs = async (link: Link, topic: string): Promise<number> => {
  const broker = await link.leader(topic, 0);
  const { resources } = await broker.describeConfigs({
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [retentionName] }],
  });
  const found = resources[0]?.configEntries.find(({ configName }) => configName === retentionName);
  return found === undefined ? defaultTombstonesMs : Number(found.configValue);
};

const describeChangelog = (settings: KafkaLogSettings, source: StateSource): Promise<Changelog> =>
  patiently(settings.link, async (link) => {
    const { state: topic } = settings.topics;
    const found = await fetchTopicIdentity(await link.leader(topic, source.partition), topic);
    const { cluster = 'unknown', topicId = 'unknown' } = found ?? {};
    const { group, partition } = source;
    return {
      identity: { cluster, topic, 'topic id': topicId, partition: String(partition), group },
      isKnown: found !== undefined,
      tombstonesMs: await readTombstonesMs(link, topic),
    };
  });

/**
 * Why the changelog cannot bring a store up to date; undefined where it can. What was removed long before the store is
 * read again has left no trace in the changelog: so a store is trusted for half as long as it keeps the news, and the
 * other half is left for reading on.
 */
const faultOf = (mark: StateMark, { bounds }: StateSource, changelog: Changelog): string | undefined => {
  if (!changelog.isKnown) return 'the brokers are too old to tell one topic from another of its name';
  const difference = differenceOf(mark, changelog.identity);
  if (difference !== undefined) return `it is of ${difference}`;
  const { position } = mark;
  if (position < bounds.start) return `it ends at ${position}, and the changelog begins at ${bounds.start}`;
  if (position >= bounds.end) return `it ends at ${position}, and the changelog before, at ${bounds.end}`;
  const age = Date.now() - mark.asOf;
  if (age > changelog.tombstonesMs / 2)
    return `it is ${Math.round(age / 1000)} s old, more than half of ${retentionName} (${changelog.tombstonesMs} ms)`;
  return age < -clockSlackMs ? 'it is from the future, as the clock has it' : undefined;
};

/** Reads the changelog from `from` to its end; gives where the last of the partition's own records stands there. */
const readChangelog = async (
  { settings, source }: Restoring,
  from: Offset,
  {
    progress,
    signal,
    take,
  }: RestoreOptions & { readonly take: (entries: readonly StateEntry[]) => Promise<void> },
): Promise<bigint | undefined> => {
  const { link, fetchBytes: maxBytes, maxWaitMs, topics } = settings;
  const to = source.bounds.end;
  let last: bigint | undefined;
  const plan = {
    link,
    topic: topics.state,
    partition: source.partition,
    from,
    to,
    maxBytes,
    maxWaitMs,
    signal,
  };
  for await (const { records, nextOffset } of readRange(plan)) {
    const entries = records.map(({ key, value }) => ({
      key: Buffer.from(key ?? []).toString('utf8'),
      // A copy, since the value is a view that would keep its whole fetch in memory.
      value: value === null ? null : Buffer.from(value),
    }));
    last = records.findLast((_, index) => entries[index]!.key === partitionKey)?.offset ?? last;
    await take(entries);
    progress?.(Number(nextOffset - from), Number(to - from));
  }
  if (signal.aborted)
    throw new Error(`partition ${source.partition} was closed while its state was restored`);
  return last;
};

interface Restoring {
  readonly settings: KafkaLogSettings;
  readonly source: StateSource;
  readonly store: LocalStore;
}

/** What a restore reports to, and what ends it. */
export interface RestoreOptions {
  readonly progress: RestoreProgress | undefined;
  readonly signal: AbortSignal;
}

/** The position to read on from; undefined where the store has to begin anew. */
const usablePosition = async (
  { settings, source, store }: Restoring,
  changelog: Changelog,
  found: { readonly mark: StateMark | undefined; readonly fault: string | undefined },
): Promise<Offset | undefined> => {
  const { mark } = found;
  const fault = found.fault ?? (mark === undefined ? undefined : faultOf(mark, source, changelog));
  if (fault !== undefined) sayWhy(settings, source, fault);
  if (mark === undefined) return undefined;
  if (fault === undefined) return mark.position as Offset;
  await store.reset();
  return undefined;
};

const sayWhy = ({ link, topics }: KafkaLogSettings, { partition }: StateSource, why: string): void =>
  link.log(
    'warn',
    `${topics.state}[${partition}]: the state on this machine is not used: ${why}; restoring all`,
  );

const bringUpToDate = async (
  restoring: Restoring,
  position: Offset | undefined,
  options: RestoreOptions,
): Promise<void> => {
  const { settings, source, store } = restoring;
  const follow = async (entries: readonly StateEntry[]): Promise<void> => {
    await store.follow({ entries });
    if (store.failure !== undefined) throw store.failure;
  };
  let last =
    position === undefined
      ? undefined
      : await readChangelog(restoring, position, { ...options, take: follow });
  if (last === undefined) {
    // Each commit writes the partition's record, and compaction leaves the last one: without any, others were lost too.
    if (position !== undefined) {
      sayWhy(settings, source, `its last record, at ${position}, is gone, and no later one is there`);
      await store.reset();
    }
    const take = (entries: readonly StateEntry[]): Promise<void> => store.load(entries);
    last = await readChangelog(restoring, source.bounds.start, { ...options, take });
  }
  await store.complete({
    nextOffset: source.committedOffset,
    at: last === undefined ? undefined : { position: last, asOf: source.asOf },
  });
};

const directoryOf = (settings: KafkaLogSettings, { group, partition }: StateSource): string | undefined =>
  settings.stateDirectory === undefined
    ? undefined
    : join(
        settings.stateDirectory,
        encodeURIComponent(settings.topics.state),
        `group-${encodeURIComponent(group)}`,
        `partition-${partition}`,
      );

/**
 * The partition's state on this machine, as the changelog has it up to its end: what is there already is used if it is of
 * just this changelog and can be brought up to date, else thrown away, with a line in the log that says why.
 *
 * @throws StateDirectoryError where the disk refuses; Error where the changelog cannot be read, or the signal aborts.
 */
export const restoreState = async (
  settings: KafkaLogSettings,
  source: StateSource,
  options: RestoreOptions,
): Promise<LocalStore> => {
  const changelog = await describeChangelog(settings, source);
  const lasting = directoryOf(settings, source);
  const directory = lasting ?? mkdtempSync(join(tmpdir(), 'kaizen-state-'));
  const { identity } = changelog;
  // Loaded only here: who just appends to the log needs no LMDB, and may not have it.
  const { LocalStore: Store } = await import('@kaizen-trace/state-store');
  const claimed = await Store.claim({ directory, identity, temporary: lasting === undefined });
  const restoring = { settings, source, store: claimed.store };
  try {
    await bringUpToDate(restoring, await usablePosition(restoring, changelog, claimed), options);
    return claimed.store;
  } catch (error) {
    await claimed.store.abandon();
    throw error;
  }
};
