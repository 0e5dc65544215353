import type { TraceColumns } from './columns.js';
import { flag } from './flags.js';
import { parentIdOf } from './jaeger.js';
import type { JaegerSpan, TraceFrame } from './jaeger.js';
import { kindOf, kinds } from './kinds.js';
import { preorder } from './preorder.js';
import type { Preorder } from './preorder.js';
import { factsOf } from './span-facts.js';
import type { SpanFacts } from './span-facts.js';

/** Texts by number, each once. */
class Dictionary {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }
}

/** Spans, with what was read of each. */
export interface Collected {
  readonly spans: JaegerSpan[];
  readonly facts: SpanFacts[];
}

/** Takes more spans in. */
export const collect = (into: Collected, spans: readonly JaegerSpan[]): void => {
  for (const span of spans) {
    into.spans.push(span);
    into.facts.push(factsOf(span));
  }
};

const byStartOf = (spans: readonly JaegerSpan[]): Int32Array => {
  const order = Int32Array.from(spans, (_, index) => index);
  const isSorted = spans.every((span, index) => index === 0 || spans[index - 1]!.startTime <= span.startTime);
  return isSorted ? order : order.sort((a, b) => spans[a]!.startTime - spans[b]!.startTime || a - b);
};

/** Whether the second is the POST of the first. */
const isPair = (pre: JaegerSpan, post: JaegerSpan): boolean =>
  pre.startTime === post.startTime &&
  pre.duration === post.duration &&
  pre.operationName.startsWith('pre_') &&
  post.operationName.startsWith('post_') &&
  pre.operationName.slice(4) === post.operationName.slice(5);

/** What the spans say of each other. */
interface Related {
  readonly parents: Int32Array;
  readonly flags: Uint16Array;
}

const relate = ({ spans, facts }: Collected): Related => {
  const places = new Map<string, number>();
  spans.forEach(({ spanID }, index) => places.has(spanID) || places.set(spanID, index));
  const flags = Uint16Array.from(facts, (fact) => fact.flags);
  facts.forEach(({ operationSpanId }, index) => {
    if (operationSpanId === undefined || (flags[index]! & flag.running) === 0) return;
    // Until the operation's span is there, its placeholder stands for it.
    if (places.has(operationSpanId)) flags[index] = (flags[index]! & ~flag.running) | flag.superseded;
    else places.set(operationSpanId, index);
  });
  const parents = new Int32Array(spans.length).fill(-1);
  spans.forEach((span, index) => {
    const parentId = parentIdOf(span);
    if (parentId === undefined) return;
    const parent = places.get(parentId);
    if (parent === undefined || parent === index) flags[index]! |= flag.parentMissing;
    else {
      parents[index] = parent;
      if (!isPair(spans[parent]!, span)) return;
      flags[index]! |= flag.pairEnd;
      flags[parent]! |= flag.pairStart;
    }
  });
  return { parents, flags };
};

/** Failures are seen from above: each ancestor knows of them. */
const markErrors = (flags: Uint16Array, { parent }: Preorder): void => {
  for (let row = flags.length - 1; row >= 0; row--) {
    if ((flags[row]! & (flag.error | flag.errorWithin)) === 0) continue;
    flags[row]! |= flag.errorWithin;
    if (parent[row]! >= 0) flags[parent[row]!]! |= flag.errorWithin;
  }
};

const extentOf = (spans: readonly JaegerSpan[]): readonly [from: number, to: number] => {
  let from = Infinity;
  let to = -Infinity;
  for (const { startTime, duration } of spans) {
    from = Math.min(from, startTime);
    to = Math.max(to, startTime + duration);
  }
  return spans.length === 0 ? [0, 0] : [from, to];
};

type NumberColumn = Uint8Array | Uint32Array | Float64Array;
type ReadSpan = (span: JaegerSpan, fact: SpanFacts, place: number) => number;

/** Columns, and which span each row is. */
export interface Built {
  readonly columns: TraceColumns;
  readonly order: Int32Array;
}

/** The trace as columns, of the spans that have come so far. Without the frame it does not know the services yet. */
export const buildColumns = (collected: Collected, frame: TraceFrame | undefined): Built => {
  const { spans, facts } = collected;
  const related = relate(collected);
  const tree = preorder(related.parents, byStartOf(spans));
  const [from, to] = extentOf(spans);
  const flags = Uint16Array.from(tree.order, (span) => related.flags[span]!);
  markErrors(flags, tree);
  const [names, services, agents] = [new Dictionary(), new Dictionary(), new Dictionary()];
  const serviceOf = ({ processID }: JaegerSpan): string => frame?.processes[processID]?.serviceName ?? '';
  const durationOf: ReadSpan = ({ startTime, duration }, _, span) =>
    (related.flags[span]! & flag.running) !== 0 ? to - startTime : duration;
  const fill = <Column extends NumberColumn>(column: Column, read: ReadSpan): Column => {
    for (let row = 0; row < spans.length; row++) {
      const span = tree.order[row]!;
      column[row] = read(spans[span]!, facts[span]!, span);
    }
    return column;
  };
  const count = spans.length;
  const columns: TraceColumns = {
    traceId: spans[0]?.traceID ?? '',
    count,
    names: names.texts,
    nameOf: fill(new Uint32Array(count), ({ operationName }) => names.numberOf(operationName)),
    services: services.texts,
    serviceOf: fill(new Uint32Array(count), (span) => services.numberOf(serviceOf(span))),
    agents: agents.texts,
    agentOf: fill(new Uint32Array(count), (_, { agent }) => agents.numberOf(agent)),
    kindOf: fill(new Uint8Array(count), (_, { eventType }) => kinds.indexOf(kindOf(eventType))),
    flags,
    parent: tree.parent,
    end: tree.end,
    depth: tree.depth,
    start: fill(new Float64Array(count), ({ startTime }) => startTime),
    duration: fill(new Float64Array(count), durationOf),
    inputTokens: fill(new Float64Array(count), (_, fact) => fact.inputTokens),
    outputTokens: fill(new Float64Array(count), (_, fact) => fact.outputTokens),
    spanIds: Array.from(tree.order, (span) => spans[span]!.spanID),
    from,
    to,
    warnings: frame?.warnings ?? [],
  };
  return { columns, order: tree.order };
};
