import { kindName } from '../jaeger/from-otlp.js';
import { shownTraceId, traceJson } from '../jaeger/to-json.js';
import type { EncodedStoredSpan } from '../store/trace-reader.js';
import type { TraceStore } from '../store/trace-store.js';
import { errorAnswer, listAnswer, tracesAnswer } from './answers.js';
import type { Answer, AnswerError } from './answers.js';
import { countCalls } from './dependencies.js';
import { parseTraceId, queryUnescape } from './go-parse.js';
import { shownSpans } from './shown-spans.js';
import { openRoom, type Held, type Room } from './room.js';
import { first, parseDependencyQuery, parseGetTrace, parseTraceQuery } from './trace-query.js';
import type { Form, TraceSearch } from './trace-query.js';

/** How much one answer may cost. */
export interface QueryLimits {
  /** The most traces that one search gives. */
  readonly maxSearchTraces: number;
  /** The most spans that are shown of one trace; it says so where it has more. */
  readonly maxTraceSpans: number;
  /** About how many bytes of traces all answers under way may hold; others wait for their end. */
  readonly maxAnswerBytes: number;
  /** How long a client may take nothing of its answer, in milliseconds. */
  readonly stuckMs: number;
}

/** What a span takes while it waits to be sent, beside its bytes. */
const spanOverhead = 512;

const traceNotFound = 'trace not found';
const badDepth = 'search depth must be greater than 0 and less than max traces';

const now = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** Jaeger's HTTP JSON query API over a trace store, request by request, without the HTTP. */
export class QueryService {
  readonly #store: TraceStore;
  readonly #limits: QueryLimits;
  readonly #room: Room;
  /** A count of calls reads very many traces: one is under way at a time. */
  readonly #counting = openRoom(1);

  constructor(store: TraceStore, limits: QueryLimits) {
    this.#store = store;
    this.#limits = limits;
    this.#room = openRoom(limits.maxAnswerBytes);
  }

  /** How long a client may take nothing of its answer, in milliseconds. */
  get stuckMs(): number {
    return this.#limits.stuckMs;
  }

  /** `/api/services` */
  services(): Answer {
    const services = this.#store.services();
    return listAnswer(services.length === 0 ? 'null' : JSON.stringify(services), services.length);
  }

  /** `/api/services/{service}/operations`; `encoded` is the service as it stands in the path. */
  operationNames(encoded: string): Answer {
    const operations = this.#store.operations(queryUnescape(encoded) ?? '') ?? [];
    const names = [...new Set(operations.map(({ name }) => name))];
    return listAnswer(names.length === 0 ? 'null' : JSON.stringify(names), names.length);
  }

  /** `/api/operations?service=&spanKind=` */
  operations(form: Form): Answer {
    const service = first(form, 'service');
    if (service === '') return errorAnswer(400, "parameter 'service' is required");
    const wanted = first(form, 'spanKind');
    const operations = (this.#store.operations(service) ?? [])
      .map(({ name, kind }) => ({ name, spanKind: kindName(kind) }))
      .filter(({ spanKind }) => wanted === '' || wanted === spanKind);
    return listAnswer(JSON.stringify(operations), operations.length);
  }

  /** `/api/traces/{traceID}` */
  trace(idText: string, form: Form): Answer {
    const id = parseTraceId(idText);
    if (id.type === 'refused') return errorAnswer(400, id.reason);
    const raw = parseGetTrace(form);
    if (raw.type === 'refused') return errorAnswer(400, raw.reason);
    if (!this.#store.has(id.value)) return errorAnswer(404, traceNotFound);
    return tracesAnswer(this.#byIds([id.value], raw.value, []), []);
  }

  /** `/api/traces?…`: a search, or traces by their ids. */
  traces(form: Form): Answer {
    const query = parseTraceQuery(form, now());
    if (query.type === 'refused') return errorAnswer(400, query.reason);
    const { traceIds, search, raw } = query.value;
    const errors: AnswerError[] = [];
    if (traceIds.length > 0) return tracesAnswer(this.#byIds(traceIds, raw, errors), errors);
    // Jaeger says this with a 500, as if it had failed itself.
    if (search.limit <= 0) return errorAnswer(400, badDepth);
    return tracesAnswer(this.#found(search, raw, errors), errors);
  }

  /** `/api/dependencies`: calls between services, over the newest traces of the time asked for. */
  async dependencies(form: Form): Promise<Answer> {
    const query = parseDependencyQuery(form, now());
    if (query.type === 'refused') return errorAnswer(400, query.reason);
    const { value: links } = await this.#counting.hold(async () => ({
      value: await countCalls(this.#store, query.value, this.#limits),
      bytes: 0,
    }));
    return listAnswer(JSON.stringify(links), 0);
  }

  async *#byIds(
    traceIds: readonly string[],
    raw: boolean,
    errors: AnswerError[],
  ): AsyncGenerator<Iterable<string>> {
    for (const id of traceIds) {
      const held = await this.#hold(id, raw);
      try {
        if (held.value === undefined) errors.push({ msg: traceNotFound, traceID: shownTraceId(id) });
        else yield held.value;
      } finally {
        held.release();
      }
    }
  }

  async *#found(search: TraceSearch, raw: boolean, errors: AnswerError[]): AsyncGenerator<Iterable<string>> {
    const { maxSearchTraces } = this.#limits;
    const limit = Math.min(search.limit, maxSearchTraces);
    const progress = { gaveUp: false };
    let found = 0;
    for await (const id of this.#store.search({ ...search, limit }, progress)) {
      const held = await this.#hold(id, raw);
      try {
        if (held.value === undefined) continue;
        found++;
        yield held.value;
      } finally {
        held.release();
      }
    }
    if (found >= limit && limit < search.limit) {
      errors.push({ msg: `only the newest ${limit} traces are shown (KAIZEN_MAX_SEARCH_TRACES)` });
    }
    if (progress.gaveUp)
      errors.push({ msg: 'the search was too wide to be finished: narrow its time or tags' });
  }

  /** A trace as JSON in pieces, undefined where there is none, which is in memory until it is released. */
  #hold(traceId: string, raw: boolean): Promise<Held<Iterable<string> | undefined>> {
    return this.#room.hold(async () => {
      const { maxTraceSpans } = this.#limits;
      const stored: EncodedStoredSpan[] = [];
      let bytes = 0;
      let isCut = false;
      for await (const spans of this.#store.readEncoded(traceId)) {
        for (const span of spans.slice(0, maxTraceSpans - stored.length)) {
          stored.push(span);
          bytes += span.bytes.length + spanOverhead;
        }
        isCut = stored.length >= maxTraceSpans;
        if (isCut) break;
      }
      if (stored.length === 0) return { value: undefined, bytes };
      const notes = isCut ? [`only ${maxTraceSpans} spans of this trace are shown`] : [];
      return { value: traceJson(shownSpans(stored, raw), notes), bytes };
    });
  }
}
