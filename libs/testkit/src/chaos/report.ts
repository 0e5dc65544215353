import type { JaegerFindings } from './compare-jaeger.js';
import { differencesInLog } from './compare-log.js';
import type { PartitionFindings } from './compare-partition.js';
import type { FaultCounts } from './faults.js';
import type { MemoryPhase } from './memory-watch.js';

/** Everything that a run found out. */
export interface ChaosResult {
  readonly seed: string;
  readonly seconds: number;
  readonly assemblers: number;
  readonly acknowledged: number;
  /** Appends that were repeated, so that the log holds some events twice. */
  readonly repeats: number;
  /** Acknowledged events that are not in the log. */
  readonly missingEvents: readonly string[];
  readonly partitions: readonly PartitionFindings[];
  readonly jaeger: JaegerFindings;
  readonly faults: FaultCounts;
  /** Of the services before, during and after an outage; empty where there was none. */
  readonly memory: readonly MemoryPhase[];
  /** Exits that nobody asked for, by service: those of a start without broker are among them. */
  readonly deaths: ReadonlyMap<string, number>;
  /** Whatever else went wrong, such as a process that did not stop when told to. */
  readonly problems: readonly string[];
}

const sum = ({ partitions }: ChaosResult, number: 'records' | 'ticks' | 'spans'): number =>
  partitions.reduce((total, findings) => total + findings[number], 0);

/** Each promise, and what breaks it: all lists are empty where every promise was kept. */
export const differencesOf = (result: ChaosResult): Readonly<Record<string, readonly string[]>> => ({
  ...differencesInLog(result),
  'spans that Jaeger lacks': result.jaeger.lost,
  'spans that Jaeger shows twice': result.jaeger.twice,
  'spans that only Jaeger has': result.jaeger.extra,
  'other problems': result.problems,
});

/** Whether every promise was kept. */
export const isFlawless = (result: ChaosResult): boolean =>
  Object.values(differencesOf(result)).every((list) => list.length === 0);

const rowsOf = (result: ChaosResult): readonly (readonly [string, string | number])[] => {
  const { kills, others } = result.faults;
  const inside = kills.sending + kills.committing;
  const share = kills.all === 0 ? 0 : Math.round((inside / kills.all) * 100);
  return [
    ['seed', result.seed],
    ['assemblers', result.assemblers],
    ['under fire, s', Math.round(result.seconds)],
    ['events acknowledged', result.acknowledged],
    ['appends repeated', result.repeats],
    ['records in the log', sum(result, 'records')],
    ['of them ticks', sum(result, 'ticks')],
    ['spans on the topic', sum(result, 'spans')],
    ['traces, spans in Jaeger', `${result.jaeger.traces}, ${result.jaeger.spans}`],
    ['assemblers killed', kills.all],
    ['  inside a transaction', `${inside} (${share} %)`],
    ['  before it asked to commit', kills.sending],
    ['  waiting for the answer', kills.committing],
    ...[...others].sort().map(([fault, count]): readonly [string, number] => [fault, count]),
    ['exits nobody asked for', [...result.deaths].map(([name, count]) => `${name} ${count}`).join(', ') || 0],
    ...result.memory.map(({ service, phase, meanMiB, highestMiB }): readonly [string, string] => [
      `RssAnon of ${service} ${phase}, MiB`,
      `mean ${Math.round(meanMiB)}, highest ${Math.round(highestMiB)}`,
    ]),
    ...Object.entries(differencesOf(result)).map(([what, list]): readonly [string, number] => [
      what,
      list.length,
    ]),
  ];
};

/** One table of a run, for people. */
export const chaosTable = (result: ChaosResult): string => {
  const rows = rowsOf(result);
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  const verdict = isFlawless(result) ? 'nothing lost, nothing twice, nothing different' : 'PROMISES BROKEN';
  return [...lines, '', verdict].join('\n');
};
