import { flag } from './flags.js';
import { parentIdOf } from './jaeger.js';
import type { JaegerSpan, TraceFrame } from './jaeger.js';
import { factsOf } from './span-facts.js';

/** A trace as the list shows it. */
export interface TraceSummary {
  readonly traceId: string;
  /** Of the first span without a parent in the trace. */
  readonly rootName: string;
  /** The agent of that span; empty where it names none. */
  readonly rootAgent: string;
  readonly services: readonly string[];
  /** In the order of their first span. */
  readonly agents: readonly string[];
  readonly spans: number;
  /** Failed operations: a PRE and its POST count as one. */
  readonly errors: number;
  readonly abandoned: number;
  readonly running: number;
  /** Microseconds since the epoch. */
  readonly start: number;
  /** Microseconds. */
  readonly duration: number;
}

/** Collected span by span. */
export interface SummaryDraft {
  traceId: string;
  readonly processIds: Set<string>;
  readonly agents: Map<string, number>;
  root:
    | { readonly name: string; readonly agent: string; readonly start: number; readonly isRoot: boolean }
    | undefined;
  spans: number;
  errors: number;
  abandoned: number;
  running: number;
  from: number;
  to: number;
}

/** Nothing yet. */
export const emptyDraft = (): SummaryDraft => ({
  traceId: '',
  processIds: new Set(),
  agents: new Map(),
  root: undefined,
  spans: 0,
  errors: 0,
  abandoned: 0,
  running: 0,
  from: Infinity,
  to: -Infinity,
});

const isBetterRoot = (draft: SummaryDraft, start: number, isRoot: boolean): boolean => {
  if (draft.root === undefined) return true;
  if (draft.root.isRoot !== isRoot) return isRoot;
  return start < draft.root.start;
};

/** Takes one span in. */
export const addToSummary = (draft: SummaryDraft, span: JaegerSpan): void => {
  const { agent, eventType, flags } = factsOf(span);
  const { startTime, duration, operationName } = span;
  draft.traceId = span.traceID;
  draft.processIds.add(span.processID);
  if (agent !== '') draft.agents.set(agent, Math.min(draft.agents.get(agent) ?? Infinity, startTime));
  const isRoot = parentIdOf(span) === undefined;
  if (isBetterRoot(draft, startTime, isRoot)) draft.root = { name: operationName, agent, start: startTime, isRoot };
  draft.spans++;
  const isSecond = eventType.startsWith('post_') && (flags & flag.orphan) === 0;
  if ((flags & flag.error) !== 0 && !isSecond) draft.errors++;
  if ((flags & flag.abandoned) !== 0) draft.abandoned++;
  if ((flags & flag.running) !== 0) draft.running++;
  draft.from = Math.min(draft.from, startTime);
  draft.to = Math.max(draft.to, startTime + duration);
};

/** The summary, once all spans were taken in. */
export const summaryOf = (draft: SummaryDraft, frame: TraceFrame): TraceSummary => ({
  traceId: draft.traceId,
  rootName: draft.root?.name ?? '',
  rootAgent: draft.root?.agent ?? '',
  services: [...new Set([...draft.processIds].map((id) => frame.processes[id]?.serviceName ?? ''))]
    .filter((name) => name !== '')
    .sort(),
  agents: [...draft.agents].sort(([, left], [, right]) => left - right).map(([agent]) => agent),
  spans: draft.spans,
  errors: draft.errors,
  abandoned: draft.abandoned,
  running: draft.running,
  start: draft.from,
  duration: draft.to - draft.from,
});

/** One list of several, each trace once, the newest first. */
export const mergedSummaries = (
  lists: readonly (readonly TraceSummary[])[],
  limit: number,
): readonly TraceSummary[] => {
  const byId = new Map(lists.flat().map((summary) => [summary.traceId, summary]));
  return [...byId.values()].sort((left, right) => right.start - left.start).slice(0, limit);
};
