import type { RunningTraceStore } from '../open-trace-store.js';

interface ShownSpan {
  readonly spanID: string;
  readonly operationName: string;
  readonly warnings: readonly string[] | null;
}
interface ShownTrace {
  readonly traceID: string;
  readonly spans: readonly ShownSpan[];
}

/** The data of an answer of the query API. */
export const ask = async (store: RunningTraceStore, path: string): Promise<readonly ShownTrace[]> => {
  const response = await fetch(store.queryUrl + path);
  const { data } = (await response.json()) as { readonly data: readonly ShownTrace[] | null };
  return data ?? [];
};
/** The spans of a trace; none where it is unknown. */
export const spansOf = async (store: RunningTraceStore, trace: string): Promise<readonly ShownSpan[]> =>
  (await ask(store, `/api/traces/${trace}`))[0]?.spans ?? [];
/** Ids of the traces that a search finds, in its order. */
export const idsOf = async (store: RunningTraceStore, search: string): Promise<readonly string[]> =>
  (await ask(store, `/api/traces?${search}`)).map(({ traceID }) => traceID);
