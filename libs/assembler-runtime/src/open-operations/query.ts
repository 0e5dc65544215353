import type { Micros, Millis, OtelTraceId, SpanId } from '@kaizen-trace/contracts';
import { millis } from '@kaizen-trace/contracts';
import { readCursor, showCursor, type LogPosition, type PositionOrder } from './order.js';

/** Which open operations, and how many of them. Absent filters let everything through. */
export interface OpenOperationsQuery {
  readonly order: PositionOrder;
  /** Only what comes after it in this order. */
  readonly after?: LogPosition;
  /** At most {@link maxOpenPage}; 0 only counts. */
  readonly limit: number;
  readonly service?: string;
  readonly agent?: string;
  readonly kind?: string;
  /** Only operations whose PRE was appended by then. */
  readonly receivedBy?: Millis;
}

/** The most operations on one page. */
const maxOpenPage = 1_000;
const defaultPage = 100;

/** An operation that runs: its PRE is in the log, its POST is not. */
export interface OpenOperation {
  /** Of the PRE's record; `time` is its append time. */
  readonly position: LogPosition;
  readonly traceId: string;
  readonly otelTraceId: OtelTraceId;
  /** The id that its span will have. */
  readonly spanId: SpanId;
  readonly parentSpanId: SpanId | undefined;
  readonly serviceName: string;
  readonly agentId: string;
  readonly kind: string;
  /** Cut at 256 characters. */
  readonly name: string | undefined;
  readonly callId: string | undefined;
  /** When its agent says that it began. */
  readonly start: Micros;
}

/** One partition that was looked at from its first trace to its last. */
export interface OpenPartition {
  readonly partition: number;
  /** Operations that fit the filters, on whatever page. */
  readonly total: number;
  /** Append time of the oldest of them. */
  readonly oldest: Millis | undefined;
}

/** One page of what is open. */
export interface OpenOperationsPage {
  /** In the query's order. */
  readonly operations: readonly OpenOperation[];
  /** Whether more would follow. */
  readonly more: boolean;
  /** A partition that was lost meanwhile is missing. */
  readonly partitions: readonly OpenPartition[];
}

/** The parameters of a URL that ask for open operations. */
const openQueryParameters = [
  'service',
  'agent',
  'kind',
  'min_age',
  'received_by',
  'order',
  'limit',
  'cursor',
] as const;

type Parameter = (typeof openQueryParameters)[number];

/** How reading a query ended. */
export type OpenQueryReading =
  | { readonly type: 'read'; readonly query: OpenOperationsQuery }
  | { readonly type: 'refused'; readonly field: string; readonly reason: string };

const refused = (field: string, reason: string): OpenQueryReading => ({ type: 'refused', field, reason });

const isParameter = (name: string): name is Parameter => openQueryParameters.some((known) => known === name);

interface Reckoning {
  /** Milliseconds since the epoch, from which `min_age` is reckoned. */
  readonly now: number;
  /** Milliseconds of a duration such as `30s`; undefined where it is none. */
  readonly duration: (text: string) => number | undefined;
}

const whole = (text: string, most: number): number | undefined =>
  /^\d{1,15}$/.test(text) && Number(text) <= most ? Number(text) : undefined;

const readTexts = (
  parameters: Readonly<Record<string, unknown>>,
): ReadonlyMap<Parameter, string> | OpenQueryReading => {
  const texts = new Map<Parameter, string>();
  for (const [name, value] of Object.entries(parameters)) {
    if (!isParameter(name)) return refused(name, `is unknown; known are ${openQueryParameters.join(', ')}`);
    if (typeof value !== 'string') return refused(name, 'stands more than once');
    if (value !== '') texts.set(name, value);
  }
  return texts;
};

const receivedBy = (texts: ReadonlyMap<Parameter, string>, { now, duration }: Reckoning) => {
  const [age, by] = [texts.get('min_age'), texts.get('received_by')];
  const ageMs = age === undefined ? 0 : duration(age);
  if (ageMs === undefined) return refused('min_age', 'is no duration; write it like 30s, 5m or 2h');
  const bound = by === undefined ? Number.MAX_SAFE_INTEGER : whole(by, Number.MAX_SAFE_INTEGER);
  if (bound === undefined) return refused('received_by', 'is no number of milliseconds since the epoch');
  if (age === undefined && by === undefined) return undefined;
  return millis(Math.min(bound, age === undefined ? bound : Math.max(0, now - ageMs)));
};

/** Reads the parameters of a URL. Names the parameter that cannot be read, with the remedy. */
export const readOpenQuery = (
  parameters: Readonly<Record<string, unknown>>,
  reckoning: Reckoning,
): OpenQueryReading => {
  const texts = readTexts(parameters);
  if ('type' in texts) return texts;
  const order = texts.get('order') ?? 'oldest';
  if (order !== 'oldest' && order !== 'newest') return refused('order', 'is neither oldest nor newest');
  const limit = whole(texts.get('limit') ?? String(defaultPage), maxOpenPage);
  if (limit === undefined) return refused('limit', `is not from 0 to ${maxOpenPage}`);
  const by = receivedBy(texts, reckoning);
  if (typeof by === 'object') return by;
  const cursor = texts.get('cursor');
  const after = cursor === undefined ? undefined : readCursor(order, cursor);
  if (cursor !== undefined && after === undefined)
    return refused('cursor', 'is none that this order gave; begin again without it');
  const [service, agent, kind] = [texts.get('service'), texts.get('agent'), texts.get('kind')];
  const query: OpenOperationsQuery = {
    order,
    limit,
    ...(after === undefined ? {} : { after }),
    ...(service === undefined ? {} : { service }),
    ...(agent === undefined ? {} : { agent }),
    ...(kind === undefined ? {} : { kind }),
    ...(by === undefined ? {} : { receivedBy: by }),
  };
  return { type: 'read', query };
};

/** The query as parameters of a URL; reading them gives the same query. */
export const showOpenQuery = (query: OpenOperationsQuery): URLSearchParams => {
  const { order, limit, after, receivedBy: by } = query;
  const parameters = new URLSearchParams({ order, limit: String(limit) });
  for (const name of ['service', 'agent', 'kind'] as const) {
    const value = query[name];
    if (value !== undefined) parameters.set(name, value);
  }
  if (by !== undefined) parameters.set('received_by', String(by));
  if (after !== undefined) parameters.set('cursor', showCursor(order, after));
  return parameters;
};
