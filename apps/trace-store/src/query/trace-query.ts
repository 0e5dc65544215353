import {
  parsed,
  parseGoDuration,
  parseInteger,
  parseLookback,
  parseTraceId,
  parseTruth,
  refused,
} from './go-parse.js';
import type { Parsed } from './go-parse.js';
import { parseTags } from './tags.js';

/** The parameters of a request, by name. */
export type Form = ReadonlyMap<string, readonly string[]>;

/** A search: traces with a span for which all of this holds at once. */
export interface TraceSearch {
  readonly service: string;
  /** Empty: any. */
  readonly operation: string;
  /** Values as text, as Jaeger compares them. */
  readonly tags: ReadonlyMap<string, string>;
  /** Nanoseconds since the epoch, inclusive, signed. */
  readonly startMin: bigint;
  readonly startMax: bigint;
  /** Nanoseconds, inclusive; 0: no bound. */
  readonly durationMin: bigint;
  readonly durationMax: bigint;
  readonly limit: number;
}

/** What `/api/traces` asks for: traces by id, or a search. */
export interface TraceQuery {
  readonly traceIds: readonly string[];
  readonly search: TraceSearch;
  /** Whether to show the spans as stored, without adjusting them. */
  readonly raw: boolean;
}

const defaultLimit = 100n;

/** As late as a span can begin. */
const endOfTime = 2n ** 63n - 1n;

/** The first value of a parameter; empty where it is not given. */
export const first = (form: Form, name: string): string => form.get(name)?.[0] ?? '';

const named = <T>(name: string, outcome: Parsed<T>): Parsed<T> =>
  outcome.type === 'refused' ? refused(`unable to parse param '${name}': ${outcome.reason}`) : outcome;

/** A parameter, or `fallback` where it is absent or empty. */
const optional = <T>(text: string, fallback: T, parse: (text: string) => Parsed<T>): Parsed<T> =>
  text === '' ? parsed(fallback) : parse(text);

const parseTime = (form: Form, name: string, fallback: bigint | undefined): Parsed<bigint | undefined> =>
  optional<bigint | undefined>(first(form, name), fallback, (text) => {
    const micros = named(name, parseInteger(text, 64));
    return micros.type === 'parsed' ? parsed(BigInt.asIntN(64, micros.value * 1_000n)) : micros;
  });

const parseDuration = (form: Form, name: string): Parsed<bigint> =>
  optional(first(form, name), 0n, (text) => named(name, parseGoDuration(text)));

/** Whether the request wants spans as stored. */
const parseRaw = (form: Form): Parsed<boolean> =>
  optional(first(form, 'raw'), false, (text) => named('raw', parseTruth(text)));

const parseTraceIds = (form: Form): Parsed<readonly string[]> => {
  const ids: string[] = [];
  for (const text of form.get('traceID') ?? []) {
    const id = parseTraceId(text);
    if (id.type === 'refused') return refused(`cannot parse traceID param: ${id.reason}`);
    ids.push(id.value);
  }
  return parsed(ids);
};

type Values<Outcomes> = {
  readonly [Key in keyof Outcomes]: Outcomes[Key] extends Parsed<infer T> ? T : never;
};

/** All values, or the first refusal in the order given. */
const all = <Outcomes extends Readonly<Record<string, () => Parsed<unknown>>>>(
  outcomes: Outcomes,
): Parsed<Values<{ readonly [Key in keyof Outcomes]: ReturnType<Outcomes[Key]> }>> => {
  const values: Record<string, unknown> = {};
  for (const [name, parse] of Object.entries(outcomes)) {
    const outcome = parse();
    if (outcome.type === 'refused') return outcome;
    values[name] = outcome.value;
  }
  return parsed(values as Values<{ readonly [Key in keyof Outcomes]: ReturnType<Outcomes[Key]> }>);
};

/** Nanoseconds, or undefined where there is none that can be read: Jaeger's own pages send `lookback=custom`. */
const lookbackOf = (form: Form): bigint | undefined => {
  const lookback = parseLookback(first(form, 'lookback'));
  return lookback.type === 'parsed' ? lookback.value : undefined;
};

/** The times asked for. Jaeger would take the last 48 hours where no `start` is given; a search here begins at the first trace. */
const boundsOf = (
  { start, end }: { readonly start: bigint | undefined; readonly end: bigint | undefined },
  lookback: bigint | undefined,
  now: bigint,
): Pick<TraceSearch, 'startMin' | 'startMax'> => {
  const isOpen = start === undefined && lookback === undefined;
  const startMax = end ?? (isOpen ? endOfTime : now);
  return { startMin: start ?? (lookback === undefined ? 0n : startMax - lookback), startMax };
};

/**
 * Reads the parameters of `/api/traces` as Jaeger does: `start` and `end` in microseconds, durations such as `1.5s`, `limit`
 * (100), `tag=key:value` and `tags={"key":"value"}`. Beyond Jaeger, `lookback` such as `2h` or `3d` counts back from `end`
 * where there is no `start`, and without both nothing bounds the search. `now` is in nanoseconds.
 */
export const parseTraceQuery = (form: Form, now: bigint): Parsed<TraceQuery> => {
  const outcome = all({
    start: () => parseTime(form, 'start', undefined),
    end: () => parseTime(form, 'end', undefined),
    tags: () => parseTags(form.get('tag') ?? [], form.get('tags') ?? []),
    limit: () => optional(first(form, 'limit'), defaultLimit, (text) => parseInteger(text, 32)),
    durationMin: () => parseDuration(form, 'minDuration'),
    durationMax: () => parseDuration(form, 'maxDuration'),
    traceIds: () => parseTraceIds(form),
    raw: () => parseRaw(form),
  });
  if (outcome.type === 'refused') return outcome;
  const { traceIds, raw, limit, start, end, ...rest } = outcome.value;
  const bounds = { ...rest, ...boundsOf({ start, end }, lookbackOf(form), now) };
  const service = first(form, 'service');
  if (traceIds.length === 0 && service === '') return refused("parameter 'service' is required");
  if (bounds.durationMin !== 0n && bounds.durationMax !== 0n && bounds.durationMax < bounds.durationMin) {
    return refused("'maxDuration' should be greater than 'minDuration'");
  }
  const search = { service, operation: first(form, 'operation'), limit: Number(limit), ...bounds };
  return parsed({ traceIds, raw, search });
};

/** What `/api/dependencies` asks for, in nanoseconds since the epoch. */
export interface DependencyQuery {
  readonly from: bigint;
  readonly to: bigint;
  /** Empty: all. */
  readonly service: string;
}

/** Reads `endTs` and `lookback`, both in milliseconds; by default the last 24 hours. */
export const parseDependencyQuery = (form: Form, now: bigint): Parsed<DependencyQuery> => {
  const inMillis = (name: string, fallback: bigint): Parsed<bigint> =>
    optional(first(form, name), fallback, (text) => {
      const millis = named(name, parseInteger(text, 64));
      return millis.type === 'parsed' ? parsed(BigInt.asIntN(64, millis.value * 1_000_000n)) : millis;
    });
  const outcome = all({
    to: () => inMillis('endTs', now),
    lookback: () => inMillis('lookback', 24n * 3_600_000_000_000n),
  });
  if (outcome.type === 'refused') return outcome;
  const { to, lookback } = outcome.value;
  return parsed({ from: to - lookback, to, service: first(form, 'service') });
};

/** Checks the parameters of `/api/traces/{traceID}` beside the id; its times are read and have no effect, as in Jaeger. */
export const parseGetTrace = (form: Form): Parsed<boolean> => {
  const outcome = all({
    start: () => parseTime(form, 'start', 0n),
    end: () => parseTime(form, 'end', 0n),
    raw: () => parseRaw(form),
  });
  return outcome.type === 'refused' ? outcome : parsed(outcome.value.raw);
};
