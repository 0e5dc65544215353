import { createMetrics } from '@kaizen-trace/service-kit';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { TraceStore, TraceStoreCounts } from './store/trace-store.js';

const counters = [
  ['kaizen_trace_store_spans_total', 'Spans stored', 'storedSpans'],
  ['kaizen_trace_store_rejected_spans_total', 'Spans refused for want of a trace id', 'rejectedSpans'],
  [
    'kaizen_trace_store_refused_exports_total',
    'Exports refused: malformed, busy or failed',
    'refusedExports',
  ],
  ['kaizen_trace_store_removed_traces_total', 'Traces removed by age or size', 'removedTraces'],
] as const satisfies readonly (readonly [string, string, keyof TraceStoreCounts])[];

const gauges = [
  ['kaizen_trace_store_waiting_bytes', 'Bytes of requests that wait for a commit', 'waitingBytes'],
  ['kaizen_trace_store_used_bytes', 'Bytes of the pages in use', 'usedBytes'],
] as const satisfies readonly (readonly [string, string, keyof TraceStoreCounts])[];

/** What the store counts, as metrics of its own registry, read when they are asked for. */
export const storeMetrics = (store: TraceStore, process: boolean): Registry => {
  const registry = createMetrics({ service: 'trace-store', process });
  const registers = [registry];
  for (const [name, help, count] of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(store.counts()[count]);
      },
    });
  }
  for (const [name, help, count] of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(store.counts()[count]);
      },
    });
  }
  return registry;
};
