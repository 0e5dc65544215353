import { outlineSpan } from '@kaizen-trace/otlp';
import { adjustTrace, spanAdjuster } from '../jaeger/adjust.js';
import { clockSkewWarnings, hostOf } from '../jaeger/clock-skew.js';
import type { PlacedSpan } from '../jaeger/clock-skew.js';
import { jaegerSpanFrom, jaegerSpansFrom } from '../jaeger/from-otlp.js';
import { compareText } from '../jaeger/go-format.js';
import { noSpanId, parentOf, sortedTags } from '../jaeger/model.js';
import type { JaegerSpan, Process } from '../jaeger/model.js';
import { decodeStored } from '../store/trace-reader.js';
import type { EncodedStoredSpan, SpanGroup } from '../store/trace-reader.js';

const byStart = (left: JaegerSpan, right: JaegerSpan): number => {
  if (left.start !== right.start) return left.start < right.start ? -1 : 1;
  return compareText(left.spanId, right.spanId);
};

const placed = (stored: EncodedStoredSpan, hosts: ReadonlyMap<SpanGroup, string>): PlacedSpan => {
  const { spanId, parentSpanId, start: from, end: to, hasLinks } = outlineSpan(stored.bytes);
  const start = BigInt.asIntN(64, from);
  const end = BigInt.asIntN(64, to);
  const parentId = hasLinks ? parentOf(jaegerSpanFrom(decodeStored(stored))) : parentSpanId;
  return {
    spanId: spanId === '' ? noSpanId : spanId,
    parentId: parentId === '' ? noSpanId : parentId,
    start,
    // As it is sanitised when it is decoded.
    duration: start < end ? end - start : 1n,
    host: hosts.get(stored.group) ?? '',
  };
};

// Of several tags with the key `ip` the first in Jaeger's order counts.
const sortedProcess = ({ serviceName, tags }: Process): Process => ({ serviceName, tags: sortedTags(tags) });

const hostsOf = (stored: readonly EncodedStoredSpan[]): ReadonlyMap<SpanGroup, string> => {
  const hosts = new Map<SpanGroup, string>();
  for (const { group } of stored)
    if (!hosts.has(group)) hosts.set(group, hostOf(sortedProcess(group.process)));
  return hosts;
};

/** The spans come in the order of their ids. */
const hasRepeatedIds = (spans: readonly PlacedSpan[]): boolean =>
  spans.some(({ spanId }, index) => index > 0 && spans[index - 1]!.spanId === spanId);

/** Where ids are repeated, spans change each other, so that all must be decoded at once. */
const together = (stored: readonly EncodedStoredSpan[], raw: boolean): readonly JaegerSpan[] => {
  const spans = jaegerSpansFrom(stored.map(decodeStored));
  return (raw ? spans : [...adjustTrace(spans)]).sort(byStart);
};

/** Those that start together stay in the order of their ids, in which they come. */
const placesByStart = (spans: readonly PlacedSpan[]): Int32Array => {
  // Numbers are compared faster; they are the same for times that lie some hundred nanoseconds apart.
  const rough = Float64Array.from(spans, ({ start }) => Number(start));
  return Int32Array.from(spans.keys()).sort((a, b) => {
    const difference = rough[a]! - rough[b]!;
    if (difference !== 0) return difference;
    const [left, right] = [spans[a]!.start, spans[b]!.start];
    if (left !== right) return left < right ? -1 : 1;
    return a - b;
  });
};

function* oneByOne(
  stored: readonly EncodedStoredSpan[],
  outlines: readonly PlacedSpan[],
  raw: boolean,
): Generator<JaegerSpan> {
  const skewed = raw ? undefined : clockSkewWarnings(outlines);
  const adjust = spanAdjuster();
  for (const place of placesByStart(outlines)) {
    const span = jaegerSpanFrom(decodeStored(stored[place]!));
    yield raw ? span : adjust(span, skewed?.get(place));
  }
}

/**
 * The spans of a trace as Jaeger's query API shows them, in the order of their start; `raw` without its adjusters. They
 * are decoded one by one as they are asked for, so that the first comes long before the last and none stays in memory.
 * `stored` comes in the order of its span ids.
 */
export const shownSpans = (stored: readonly EncodedStoredSpan[], raw: boolean): Iterable<JaegerSpan> => {
  const hosts = hostsOf(stored);
  const outlines = stored.map((span) => placed(span, hosts));
  return hasRepeatedIds(outlines) ? together(stored, raw) : oneByOne(stored, outlines, raw);
};
