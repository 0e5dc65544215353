/** What is looked for, as the form and the address have it; every field is text, empty where nothing is asked. */
export interface TraceQuery {
  /** Empty: all services. */
  readonly service: string;
  readonly operation: string;
  readonly agent: string;
  /** `key=value` pairs; values with spaces in quotes. */
  readonly tags: string;
  /** As `100ms`, `1.5s`. */
  readonly min: string;
  readonly max: string;
  /** One of {@link lookbacks}, or `custom`. */
  readonly lookback: string;
  /** In the viewer's zone, as `2026-11-22T14:00`; for `custom`. */
  readonly start: string;
  readonly end: string;
  readonly limit: string;
}

/** How far back to look, by the name in the address. */
export const lookbacks = {
  '15m': { label: 'Last 15 minutes', seconds: 900 },
  '1h': { label: 'Last hour', seconds: 3_600 },
  '6h': { label: 'Last 6 hours', seconds: 21_600 },
  '1d': { label: 'Last day', seconds: 86_400 },
  '7d': { label: 'Last 7 days', seconds: 604_800 },
  '30d': { label: 'Last 30 days', seconds: 2_592_000 },
  all: { label: 'Any time', seconds: Infinity },
} as const satisfies Readonly<Record<string, { label: string; seconds: number }>>;

/** What is asked where the address says nothing. */
export const defaultQuery: TraceQuery = {
  service: '',
  operation: '',
  agent: '',
  tags: '',
  min: '',
  max: '',
  lookback: '1d',
  start: '',
  end: '',
  limit: '100',
};

/** The most traces that one search may ask for. */
export const maxLimit = 1_500;

const fields = Object.keys(defaultQuery) as readonly (keyof TraceQuery)[];

/** Reads the query of an address; what it does not say is the default. */
export const queryOf = (parameters: URLSearchParams): TraceQuery => {
  const entries = fields.map((field) => [field, parameters.get(field) ?? defaultQuery[field]] as const);
  return Object.fromEntries(entries) as unknown as TraceQuery;
};

/** The query as part of an address, without what is the default. */
export const parametersOf = (query: TraceQuery): URLSearchParams => {
  const parameters = new URLSearchParams();
  for (const field of fields) if (query[field] !== defaultQuery[field]) parameters.set(field, query[field]);
  return parameters;
};

/** Tags, or what is wrong with them. */
export type ParsedTags =
  | { readonly type: 'tags'; readonly tags: Readonly<Record<string, string>> }
  | { readonly type: 'wrong'; readonly message: string };

const pairPattern = /\s*(?:([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))|(\S+))/gy;

/** Reads `http.status=200 error=true note="two words"`. */
export const parseTags = (text: string): ParsedTags => {
  const tags: Record<string, string> = {};
  for (const [, key, quoted, plain, other] of text.trim().matchAll(pairPattern)) {
    if (key === undefined) {
      return {
        type: 'wrong',
        message: `“${other ?? ''}” is no key=value; put a value with spaces in quotes`,
      };
    }
    tags[key] = quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1');
  }
  return { type: 'tags', tags };
};

const duration = /^\s*(?:\d+(?:\.\d+)?\s*(?:us|µs|ms|s|m|h)\s*)+$/;

/** What is wrong, by field; empty where the query can be asked. */
export const problemsOf = (query: TraceQuery): Partial<Record<keyof TraceQuery, string>> => {
  const problems: Partial<Record<keyof TraceQuery, string>> = {};
  const tags = parseTags(query.tags);
  if (tags.type === 'wrong') problems.tags = tags.message;
  for (const field of ['min', 'max'] as const)
    if (query[field] !== '' && !duration.test(query[field])) problems[field] = 'as 250ms, 1.5s or 2h';
  const limit = Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) problems.limit = `from 1 to ${maxLimit}`;
  if (query.lookback === 'custom')
    for (const field of ['start', 'end'] as const)
      if (Number.isNaN(Date.parse(query[field]))) problems[field] = 'a date and a time';
  return problems;
};

const isLookback = (name: string): name is keyof typeof lookbacks => Object.hasOwn(lookbacks, name);

/** The time asked for, in microseconds since the epoch. */
export const timeRangeOf = (
  query: TraceQuery,
  nowMillis: number,
): { readonly start: number; readonly end: number } => {
  if (query.lookback === 'custom')
    return { start: Date.parse(query.start) * 1_000, end: Date.parse(query.end) * 1_000 };
  const { seconds } = lookbacks[isLookback(query.lookback) ? query.lookback : '1d'];
  return { start: Math.max(0, nowMillis - seconds * 1_000) * 1_000, end: nowMillis * 1_000 };
};

/** The address of the query API that answers this for one service. */
export const apiAddressOf = (query: TraceQuery, service: string, nowMillis: number): string => {
  const { start, end } = timeRangeOf(query, nowMillis);
  const parsed = parseTags(query.tags);
  const tags = {
    ...(parsed.type === 'tags' ? parsed.tags : {}),
    ...(query.agent.trim() !== '' && { agent_id: query.agent.trim() }),
  };
  const parameters = new URLSearchParams({ service, limit: query.limit, start: `${start}`, end: `${end}` });
  if (query.operation !== '') parameters.set('operation', query.operation);
  if (Object.keys(tags).length > 0) parameters.set('tags', JSON.stringify(tags));
  for (const [name, value] of [
    ['minDuration', query.min],
    ['maxDuration', query.max],
  ] as const)
    if (value.trim() !== '') parameters.set(name, value.replaceAll(/\s/g, ''));
  return `/api/traces?${parameters.toString()}`;
};

/** The trace id in what was typed or pasted: 32 or 16 hex digits, a UUID, or an address of a trace. */
export const traceIdIn = (text: string): string | undefined => {
  const candidate = (/\/traces?\/([^/?#\s]+)/.exec(text)?.[1] ?? text).trim();
  const digits = candidate.replaceAll('-', '').toLowerCase();
  if (!/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(digits)) return undefined;
  return /^0+$/.test(digits) ? undefined : digits;
};
