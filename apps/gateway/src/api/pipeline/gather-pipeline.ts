import {
  assemblerStatusPath,
  exporterStatusPath,
  readAssemblerStatus,
  readExporterStatus,
  type AssembledPartitionJson,
  type AssemblerStatusJson,
  type ExporterStatusJson,
} from '@kaizen-trace/operating';
import type { AnnouncedMember, LogBounds, LogConnection, SpanLog } from '@kaizen-trace/ports';
import type { AssemblerGroup } from '../open-operations.js';
import { askMembers, memberToJson, ownerOf, wordsOf, type AskedMember, type Word } from '../ask-members.js';
import type { ExportedPartitionJson, LetterCountsJson, PartitionJson, PipelineJson } from './json.js';
import { lagOf } from './lag.js';
import type { LetterCounts } from './letter-counts.js';
import type { Sample } from './rates.js';
import { sumCounts, totalsOf } from './totals.js';

/** What the pipeline is looked at through. */
export interface PipelineSource {
  readonly log: Pick<LogConnection, 'events'>;
  readonly assemblers: AssemblerGroup;
  /** The span log as the exporters' group reads it. */
  readonly spans: Pick<SpanLog, 'members' | 'allBounds' | 'appendTimes'>;
  readonly letters: LetterCounts;
  /** How long one service, or the log, is waited for, in milliseconds. */
  readonly timeoutMs: number;
  /** What grew since the look before. */
  readonly rates: (sample: Sample) => PipelineJson['rates'];
}

/** One look at the log that may fail or take too long: then a problem is noted, and `instead` stands for it. */
const createCarefully = (timeoutMs: number, problems: string[]) => {
  return async <T>(what: string, look: () => Promise<T>, instead: T): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs);
    });
    try {
      return await Promise.race([look(), late]);
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      return instead;
    } finally {
      clearTimeout(timer);
    }
  };
};

type Carefully = ReturnType<typeof createCarefully>;
type AssemblerWord = Word<AssemblerStatusJson, AssembledPartitionJson>;
type Asked = readonly AskedMember<AssemblerStatusJson>[];

const partitionToJson = (
  partition: number,
  {
    asked,
    word,
    bounds,
    now,
  }: { asked: Asked; word: AssemblerWord | undefined; bounds: LogBounds | undefined; now: number },
): Omit<PartitionJson, 'log_end' | 'lag_records' | 'lag_ms'> => {
  const owner = word?.asked ?? ownerOf(asked, partition);
  const said = word?.said;
  const oldest = said?.oldest_open_at ?? null;
  return {
    partition,
    owner: owner?.member.memberId ?? null,
    url: owner?.member.announcement ?? null,
    phase: said?.phase ?? (owner === undefined ? 'unassigned' : 'unknown'),
    log_start: bounds === undefined ? null : String(bounds.start),
    next_offset: said?.next_offset ?? null,
    committed_offset: said?.committed_offset ?? null,
    stream_time: said?.stream_time ?? null,
    open: said?.open ?? null,
    held: said?.held ?? null,
    oldest_open_at: oldest,
    oldest_open_age_ms: oldest === null ? null : Math.max(0, now - Date.parse(oldest)),
    restoring: said?.restoring ?? null,
    problem: said?.problem ?? null,
  };
};

const offsetOf = (text: string | null | undefined): bigint | undefined =>
  text === null || text === undefined ? undefined : BigInt(text);

interface Assembled {
  readonly asked: Asked;
  readonly words: ReadonlyMap<number, AssemblerWord>;
  readonly bounds: readonly LogBounds[];
  readonly partitions: readonly PartitionJson[];
}

/** More than any topic has here. */
const mostPartitions = 10_000;

const lookAtAssemblers = async (source: PipelineSource, carefully: Carefully): Promise<Assembled> => {
  const { log, assemblers, timeoutMs } = source;
  const none: readonly AnnouncedMember[] = [];
  const question = { path: assemblerStatusPath, read: readAssemblerStatus, timeoutMs };
  const [members, bounds] = await Promise.all([
    carefully('the assemblers’ group', () => assemblers.members(), none),
    carefully('the event log', () => log.events.allBounds(), []),
  ]);
  const asked = await askMembers(members, question);
  const words = wordsOf(asked, (status) => status.partitions);
  const told = Math.max(0, ...[...words.keys()].map((partition) => partition + 1));
  // The log knows how many there are; while it is away, those who answer may say so, within reason.
  const count = bounds.length > 0 ? bounds.length : Math.min(told, mostPartitions);
  const now = Date.now();
  const rows = Array.from({ length: count }, (_, partition) =>
    partitionToJson(partition, { asked, word: words.get(partition), bounds: bounds[partition], now }),
  );
  const positions = rows.map(({ partition, committed_offset: committed }) => ({
    partition,
    nextOffset: offsetOf(committed),
  }));
  const nothing = positions.map(() => ({ log_end: null, lag_records: null, lag_ms: null }));
  const lags = await carefully('the lag', () => lagOf(log.events, positions, bounds), nothing);
  const partitions = rows.map((row, nth) => ({ ...row, ...lags[nth]! }));
  return { asked, words, bounds, partitions };
};

interface Exported {
  readonly asked: readonly AskedMember<ExporterStatusJson>[];
  readonly partitions: readonly ExportedPartitionJson[];
}

const lookAtExporters = async (source: PipelineSource, carefully: Carefully): Promise<Exported> => {
  const { spans, timeoutMs } = source;
  const none: readonly AnnouncedMember[] = [];
  const question = { path: exporterStatusPath, read: readExporterStatus, timeoutMs };
  const [members, bounds] = await Promise.all([
    carefully('the exporters’ group', () => spans.members(), none),
    carefully('the span log', () => spans.allBounds(), []),
  ]);
  const asked = await askMembers(members, question);
  const words = wordsOf(asked, (status) => status.partitions);
  const rows = bounds.map((_, partition) => {
    const owner = words.get(partition)?.asked ?? ownerOf(asked, partition);
    const next = words.get(partition)?.said.next_offset ?? null;
    return { partition, owner: owner?.member.memberId ?? null, next_offset: next };
  });
  const positions = rows.map(({ partition, next_offset: next }) => ({
    partition,
    nextOffset: offsetOf(next),
  }));
  const nothing = positions.map(() => ({ log_end: null, lag_records: null, lag_ms: null }));
  const lags = await carefully('the exporters’ lag', () => lagOf(spans, positions, bounds), nothing);
  return { asked, partitions: rows.map((row, nth) => ({ ...row, ...lags[nth]! })) };
};

const sampleOf = ({ words, bounds }: Assembled, exported: Exported): Sample => {
  const counted = (name: 'events' | 'spans') =>
    new Map([...words].map(([partition, { said }]) => [String(partition), said.counts?.[name] ?? 0]));
  return {
    at: performance.now(),
    appended: new Map(bounds.map(({ end }, partition) => [String(partition), Number(end)])),
    events: counted('events'),
    spans: counted('spans'),
    exported: new Map(
      exported.asked.flatMap(({ member, answer }) => {
        if (answer.type !== 'answered') return [];
        const { started_at: start, counts } = answer.value;
        return [[`${member.announcement ?? ''} ${start}`, counts.accepted_spans] as const];
      }),
    ),
  };
};

const rebalancesOf = (asked: Asked): number | null => {
  const known = asked.flatMap(({ answer }) => (answer.type === 'answered' ? [answer.value.rebalances] : []));
  return known.length === 0 ? null : Math.max(...known);
};

const exporterToJson = (asked: AskedMember<ExporterStatusJson>) => {
  const said = asked.answer.type === 'answered' ? asked.answer.value : undefined;
  return {
    ...memberToJson(asked),
    backend: said?.backend ?? null,
    in_flight: said?.in_flight ?? null,
    counts: said?.counts ?? null,
  };
};

/**
 * One look at everything: groups, services, logs. Whatever cannot be looked at in time is missing from it and named in
 * `problems`; it never rejects.
 */
export const gatherPipeline = async (source: PipelineSource): Promise<PipelineJson> => {
  const problems: string[] = [];
  const carefully = createCarefully(source.timeoutMs, problems);
  const noLetters: LetterCountsJson | null = null;
  const [assembled, exported, letters] = await Promise.all([
    lookAtAssemblers(source, carefully),
    lookAtExporters(source, carefully),
    carefully<LetterCountsJson | null>('the dead letters', () => source.letters.count(), noLetters),
  ]);
  const { asked, words, partitions } = assembled;
  const counts = sumCounts([...words.values()].map(({ said }) => said.counts));
  return {
    at: new Date().toISOString(),
    complete: partitions.length > 0 && partitions.every(({ partition }) => words.has(partition)),
    partitions,
    assemblers: asked.map((one) => ({
      ...memberToJson(one),
      rebalances: one.answer.type === 'answered' ? one.answer.value.rebalances : null,
    })),
    exporters: exported.asked.map(exporterToJson),
    exported_partitions: exported.partitions,
    totals: totalsOf(partitions, exported.partitions, counts),
    rates: source.rates(sampleOf(assembled, exported)),
    dead_letters: letters,
    rebalances: rebalancesOf(asked),
    problems,
  };
};
