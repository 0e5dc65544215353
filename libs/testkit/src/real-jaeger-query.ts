/** A tag as Jaeger's JSON gives it: arrays are JSON text of type string, an int64 above 2^53−1 is a string. */
export interface JaegerTag {
  readonly key: string;
  readonly type: string;
  readonly value: string | number | boolean;
}

/** An event of a span. */
export interface JaegerLog {
  /** Microseconds since the epoch. */
  readonly timestamp: number;
  readonly fields: readonly JaegerTag[];
}

/** From a span to another, such as its parent. */
export interface JaegerReference {
  readonly refType: string;
  readonly traceID: string;
  readonly spanID: string;
}

/** A span as Jaeger's JSON gives it. */
export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly JaegerReference[];
  /** Microseconds since the epoch. */
  readonly startTime: number;
  /** Microseconds. */
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly JaegerLog[];
  readonly processID: string;
  readonly warnings: readonly string[] | null;
}

/** Who made a span. */
export interface JaegerProcess {
  readonly serviceName: string;
  readonly tags: readonly JaegerTag[];
}

/** A trace as Jaeger's JSON gives it; `processes` by the key that spans name. */
export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, JaegerProcess>>;
  readonly warnings: readonly string[] | null;
}

/** An answer of the query API as it came: also a refusal is one, since tests compare those too. */
export interface JaegerAnswer<T> {
  readonly status: number;
  readonly data: T | null;
  readonly total: number;
  readonly errors: readonly { readonly code: number; readonly msg: string }[] | null;
}

/** What may be asked of `/api/traces`; times in microseconds since the epoch, durations as Go writes them (`1.5s`). */
export interface JaegerTraceQuery {
  readonly service: string;
  readonly operation?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly minDuration?: string;
  readonly maxDuration?: string;
  readonly start?: number;
  readonly end?: number;
  readonly limit?: number;
  readonly lookback?: string;
}

/** Reads Jaeger's query API, the real one's or the trace store's. */
export interface JaegerQuery {
  services(): Promise<readonly string[]>;
  operations(service: string): Promise<readonly string[]>;
  traces(query: JaegerTraceQuery): Promise<readonly JaegerTrace[]>;
  /** Undefined where it does not know the trace. */
  trace(traceId: string): Promise<JaegerTrace | undefined>;
  /** Any path below the base, as it answers. */
  get<T>(path: string): Promise<JaegerAnswer<T>>;
}

const parameters = (query: JaegerTraceQuery): string => {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, string | number | object | undefined][]) {
    if (value !== undefined)
      search.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return search.toString();
};

/** A client of the query API at `queryUrl`. Its typed calls throw where the server answers with an error. */
export const queryJaeger = (queryUrl: string): JaegerQuery => {
  const get = async <T>(path: string): Promise<JaegerAnswer<T>> => {
    const response = await fetch(`${queryUrl}${path}`, { signal: AbortSignal.timeout(15_000) });
    const body = (await response.json()) as Omit<JaegerAnswer<T>, 'status'>;
    return { ...body, status: response.status };
  };
  const list = async <T>(path: string): Promise<readonly T[]> => {
    const { status, data, errors } = await get<readonly T[]>(path);
    if (status !== 200) throw new Error(`${path}: ${String(status)} ${JSON.stringify(errors)}`);
    return data ?? [];
  };
  return {
    get,
    services: () => list('/api/services'),
    operations: (service) => list(`/api/services/${encodeURIComponent(service)}/operations`),
    traces: (query) => list(`/api/traces?${parameters(query)}`),
    trace: async (traceId) => {
      const { status, data } = await get<readonly JaegerTrace[]>(`/api/traces/${traceId}`);
      return status === 200 ? data?.[0] : undefined;
    },
  };
};
