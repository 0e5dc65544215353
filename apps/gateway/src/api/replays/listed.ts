import type { Lists } from '@kaizen-trace/replay';
import type { ListedJson } from './json.js';

/** How many of each kind are kept; the rest is only counted. */
const mostListed = 100;

/** What a replay tells one by one, bounded. */
export interface Listing extends Lists {
  refused(spans: number, reason: string): void;
  readonly json: ListedJson;
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] extends readonly (infer Item)[] ? Item[] : T[Name] };

const textOf = (value: bigint | undefined): string | null => (value === undefined ? null : String(value));

/** An empty listing. */
export const createListing = (): Listing => {
  const json: Mutable<ListedJson> = { incomplete: [], open: [], differences: [], refusals: [] };
  const keep = <Item>(list: Item[], item: () => Item): Promise<void> => {
    if (list.length < mostListed) list.push(item());
    return Promise.resolve();
  };
  return {
    json,
    incomplete: ({ partition, traceId, reason }) =>
      keep(json.incomplete, () => ({ partition, trace_id: traceId, reason })),
    open: (partition, found) =>
      keep(json.open, () => ({
        partition,
        offset: String(found.offset),
        trace_id: found.traceId,
        agent_id: found.agentId,
        event_type: found.eventType,
        name: found.name ?? null,
        since: new Date(found.appendTime).toISOString(),
      })),
    difference: ({ difference, partition, traceId, spanId, name, offset, spanOffset }) =>
      keep(json.differences, () => ({
        ...{ difference, partition, trace_id: traceId, span_id: spanId, name },
        ...{ offset: textOf(offset), span_offset: textOf(spanOffset) },
      })),
    refused: (spans, reason) => void keep(json.refusals, () => ({ spans, reason })),
  };
};
