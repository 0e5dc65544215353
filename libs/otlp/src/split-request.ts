import type { EncodedSpanGroup } from './decode-request.js';
import { splitTraceRequest } from './decode-request.js';
import type { Cursor } from './decode-wire.js';
import { cursorOver, MalformedBytes, readLength, readSmallVarint, skipValue } from './decode-wire.js';

// ExportTraceServiceRequest 1 resource_spans; ResourceSpans 1 resource, 2 scope_spans; ScopeSpans 1 scope, 2 spans
const first = 0x0a;
const second = 0x12;

/** How many spans an `ExportTraceServiceRequest` holds; 0 where the bytes are none. Looks into no span. */
export const countSpans = (request: Uint8Array): number => {
  let count = 0;
  const each = (tag: number, visit: (cursor: Cursor) => void) => (cursor: Cursor) => {
    const { end } = cursor;
    while (cursor.at < end) {
      const found = readSmallVarint(cursor);
      if (found === tag) {
        const inner = readLength(cursor);
        visit({ ...cursor, end: inner });
        cursor.at = inner;
      } else skipValue(cursor, found);
    }
  };
  try {
    each(
      first,
      each(
        second,
        each(second, () => count++),
      ),
    )(cursorOver(request));
  } catch (error) {
    if (error instanceof MalformedBytes) return 0;
    throw error;
  }
  return count;
};

/**
 * Cuts an `ExportTraceServiceRequest` into two with half of the spans each, in order, the spans' own bytes untouched;
 * undefined where it holds fewer than two, or is no such request. For a backend that takes smaller messages than the log.
 */
export const splitRequest = (request: Uint8Array): readonly [Uint8Array, Uint8Array] | undefined => {
  const outcome = splitTraceRequest(request);
  if (outcome.type === 'malformed' || outcome.spanCount < 2) return undefined;
  const half = Math.ceil(outcome.spanCount / 2);
  const front: EncodedSpanGroup[] = [];
  const back: EncodedSpanGroup[] = [];
  let taken = 0;
  for (const group of outcome.groups) {
    const here = Math.min(group.spans.length, half - taken);
    if (here > 0) front.push({ ...group, spans: group.spans.slice(0, here) });
    if (here < group.spans.length) back.push({ ...group, spans: group.spans.slice(here) });
    taken += here;
  }
  return [joinGroups(front), joinGroups(back)];
};

const joinGroups = (groups: readonly EncodedSpanGroup[]): Uint8Array =>
  Buffer.concat(
    groups.map(({ resource, scope, spans }) =>
      field(first, [
        field(first, [resource]),
        field(second, [field(first, [scope]), ...spans.map(({ bytes }) => field(second, [bytes]))]),
      ]),
    ),
  );

/** A length-delimited field, joined from the parts of its content. */
const field = (tag: number, parts: readonly Uint8Array[]): Uint8Array => {
  const header = [tag];
  let rest = parts.reduce((sum, part) => sum + part.length, 0);
  while (rest > 0x7f) {
    header.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  header.push(rest);
  return Buffer.concat([Uint8Array.from(header), ...parts]);
};
