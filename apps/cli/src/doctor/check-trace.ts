import { otelTraceId } from '@kaizen-trace/assembler-core';
import { type OpenOperationJson, sha256Hex } from '@kaizen-trace/assembler-runtime';
import type { LetterJson } from '@kaizen-trace/gateway';
import type { LogSettings } from '@kaizen-trace/settings';
import type { GatewayApi } from '../commands/gateway-api.js';
import { openExistingLog } from '../sending/existing-log.js';
import { reasonOf } from '../terminal/errors.js';
import { CommandError } from '../terminal/io.js';
import type { Check } from './check.js';
import { ownerIn } from './check-log.js';
import { askQuery, type QueryPlace } from './check-query.js';
import { findingsOf, type Finding } from './trace-findings.js';
import { logFindings, readTraceInLog, type TraceInLog } from './trace-in-log.js';
import { readTrace, type SpanView } from './trace-view.js';

/** Where to look for a trace. */
export interface TracePlaces {
  readonly query: QueryPlace;
  readonly api: GatewayApi;
  /** Looked into where it is named. */
  readonly log: LogSettings;
  /** Exact event types that are traced, lower-cased; undefined: all. */
  readonly eventsToTrace: readonly string[] | undefined;
}

const name = 'trace';
const warned = ({ problem, remedy }: Finding): Check => ({
  name,
  outcome: 'warned',
  detail: problem,
  remedy,
});

/** Its spans; undefined where the query API cannot be asked. */
const spansOf = async (query: QueryPlace, id: string): Promise<readonly SpanView[] | undefined> => {
  try {
    const response = await askQuery(query, `/api/traces/${id}`);
    if (response.status === 404) return [];
    return response.ok ? readTrace(await response.json()) : undefined;
  } catch {
    return undefined;
  }
};

/** What `ask` gives; undefined where the gateway cannot be asked. */
const asked = async <T>(ask: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
};

const mostPages = 10;

const openOf = (api: GatewayApi, isIts: (operation: OpenOperationJson) => boolean) =>
  asked(async () => {
    const found: OpenOperationJson[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const answer = (await api.ask('/api/open-operations', { limit: '1000', order: 'newest', cursor })) as {
        readonly operations: readonly OpenOperationJson[];
        readonly next_cursor: string | null;
      };
      found.push(...answer.operations.filter(isIts));
      if (answer.next_cursor === null) break;
      cursor = answer.next_cursor;
    }
    return found;
  });

const lettersOf = (api: GatewayApi, traceId: string) =>
  asked(async () => {
    const answer = (await api.ask('/api/dead-letters', { limit: '1000', redriven: 'false' })) as {
      readonly letters: readonly LetterJson[];
    };
    return answer.letters.filter(({ key }) => key === traceId);
  });

const inLog = async ({ log }: TracePlaces, traceId: string): Promise<TraceInLog | undefined> => {
  if (log.kafka === undefined && !log.dataDirectoryExplicit) return undefined;
  const connection = await openExistingLog(log);
  try {
    return await readTraceInLog(connection, ownerIn(log), traceId);
  } finally {
    await connection.close();
  }
};

interface Found {
  readonly spans: readonly SpanView[] | undefined;
  readonly open: readonly OpenOperationJson[] | undefined;
  readonly letters: readonly LetterJson[] | undefined;
  readonly log: TraceInLog | undefined;
}

const openFinding = ({ open = [] }: Found): readonly Finding[] => {
  const [first] = open;
  if (first === undefined) return [];
  const what = first.name === null ? first.kind : `${first.kind}:${first.name}`;
  return [
    {
      problem: `${open.length} of its operations are open (${what}${open.length > 1 ? ', …' : ''}): a span comes with the POST`,
      remedy: 'Where they have ended, the POST is missing, or its name or call_id is not its PRE’s',
    },
  ];
};

const letterFinding = ({ letters = [] }: Found): readonly Finding[] => {
  const [first] = letters;
  if (first === undefined) return [];
  return [
    {
      problem: `${letters.length} of its records are dead letters (${first.stage ?? '?'}: ${first.message ?? first.error_class ?? '?'})`,
      remedy: `See \`kaizen-trace dead-letters show ${first.partition}/${first.offset}\``,
    },
  ];
};

const filteredFinding = ({ log }: Found, { eventsToTrace }: TracePlaces): readonly Finding[] => {
  if (eventsToTrace === undefined || log === undefined) return [];
  const left = new Set(
    log.events.map(({ eventType }) => eventType).filter((each) => !eventsToTrace.includes(each)),
  );
  if (left.size === 0) return [];
  return [
    {
      problem: `KAIZEN_EVENTS_TO_TRACE leaves out ${[...left].slice(0, 5).join(', ')}`,
      remedy: 'Name them there, or unset it; it is the assemblers’ setting that counts',
    },
  ];
};

const inLogText = ({ log }: Found): string =>
  log === undefined ? '' : `, ${log.events.length}${log.more ? ' or more' : ''} events in the log`;

/** Why nothing of it shows. */
const absent = (found: Found, places: TracePlaces, id: string): readonly Check[] => {
  const { spans, log, open, letters } = found;
  if (spans === undefined)
    return [
      {
        name,
        outcome: 'skipped',
        detail: `${places.query.url} cannot be asked about trace ${id}${inLogText(found)}`,
      },
    ];
  if (spans.length > 0) return [];
  const detail = `the backend has no span of trace ${id}${inLogText(found)}`;
  const seen = (log?.events.length ?? 0) + (open?.length ?? 0) + (letters?.length ?? 0);
  const remedy =
    seen > 0
      ? 'The pipeline has seen it: see below'
      : 'Check the id; flush before the agent exits; see that agent and backend mean the same JAEGER_HOST or KAIZEN_GATEWAY_URL; look at the spool with --spool';
  return [{ name, outcome: 'failed', detail, remedy }];
};

/**
 * Looks for a trace in the backend, among the open operations, in the dead letters and in the log, as far as they can be
 * asked, and says of each oddity what to do. Takes the trace_id as the agent sent it, or the id that the backend shows.
 */
export const checkTrace = async (places: TracePlaces, wanted: string): Promise<readonly Check[]> => {
  const id = otelTraceId(sha256Hex, wanted);
  const spans = await spansOf(places.query, id);
  const told = spans?.find(({ tags }) => typeof tags.get('trace_id') === 'string')?.tags.get('trace_id');
  const isIts = (operation: OpenOperationJson) => operation.otel_trace_id === id;
  const open = await openOf(places.api, isIts);
  const traceId = typeof told === 'string' ? told : (open?.[0]?.trace_id ?? wanted);
  const letters = await lettersOf(places.api, traceId);
  try {
    const found: Found = { spans, open, letters, log: await inLog(places, traceId) };
    const around = { open: open && new Set(open.map(({ span_id: spanId }) => spanId)) };
    const checks = [
      ...absent(found, places, id),
      ...[
        ...openFinding(found),
        ...letterFinding(found),
        ...filteredFinding(found, places),
        ...(found.log === undefined ? [] : logFindings(found.log)),
        ...findingsOf(spans ?? [], around),
      ].map(warned),
    ];
    if (checks.length > 0) return checks;
    return [
      {
        name,
        outcome: 'ok',
        detail: `${spans?.length ?? 0} spans, nothing odd about them${inLogText(found)}`,
      },
    ];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return [{ name, outcome: 'skipped', detail: `the log cannot be asked (${reasonOf(error)})` }];
  }
};
