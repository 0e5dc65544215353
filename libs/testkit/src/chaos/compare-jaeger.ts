import { setTimeout as sleep } from 'node:timers/promises';
import { queryJaeger, type JaegerQuery } from '../real-jaeger-query.js';

/** What a backend does not show as the span topic has it. */
export interface JaegerFindings {
  readonly traces: number;
  readonly spans: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly extra: readonly string[];
}

type Traces = ReadonlyMap<string, ReadonlySet<string>>;

interface TraceFindings {
  readonly spans: number;
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  readonly extra: readonly string[];
}

const compareTrace = async (
  jaeger: JaegerQuery,
  traceId: string,
  wanted: ReadonlySet<string>,
): Promise<TraceFindings> => {
  const trace = await jaeger.trace(traceId);
  const shown = (trace?.spans ?? []).map(({ spanID }) => spanID);
  const once = new Set(shown);
  const named = (spanId: string): string => `${traceId} ${spanId}`;
  return {
    spans: once.size,
    lost: [...wanted].filter((spanId) => !once.has(spanId)).map(named),
    twice: shown.filter((spanId, place) => shown.indexOf(spanId) !== place).map(named),
    extra: [...once].filter((spanId) => !wanted.has(spanId)).map(named),
  };
};

const atOnce = 4;

/**
 * Compares what Jaeger shows, trace by trace, with the ids that stand on the span topic. Spans that are missing may
 * still be on their way: those traces are asked for again until `limitMs` have passed.
 */
export const compareJaeger = async (
  queryUrl: string,
  traces: Traces,
  limitMs: number,
): Promise<JaegerFindings> => {
  const jaeger = queryJaeger(queryUrl);
  const deadline = Date.now() + limitMs;
  const all = {
    traces: traces.size,
    spans: 0,
    lost: [] as string[],
    twice: [] as string[],
    extra: [] as string[],
  };
  const waiting = traces.entries();
  const work = async (): Promise<void> => {
    for (const [traceId, wanted] of waiting) {
      let found = await compareTrace(jaeger, traceId, wanted);
      while (found.lost.length > 0 && Date.now() < deadline) {
        await sleep(500);
        found = await compareTrace(jaeger, traceId, wanted);
      }
      all.spans += found.spans;
      all.lost.push(...found.lost);
      all.twice.push(...found.twice);
      all.extra.push(...found.extra);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return all;
};
