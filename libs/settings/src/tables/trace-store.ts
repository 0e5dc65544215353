import { port, wholeNumber } from '../parsers.js';
import { byteSize, durationOrForever } from '../quantity-parsers.js';
import { setting, settingsGroup } from '../setting.js';
import { queryAccessRows, queryOpenToOthers, type QueryAccess } from './query-access.js';
import { bindHost } from './services.js';

/** The trace store. `retentionMs` and `maxBytes` bound what it keeps; the tighter one wins. */
export interface TraceStoreSettings extends QueryAccess {
  readonly queryPort: number;
  readonly otlpPort: number;
  readonly host: string;
  readonly retentionMs: number;
  readonly maxBytes: number;
  /** The most traces that one search gives. */
  readonly maxSearchTraces: number;
}

/** The trace store's addresses and limits. */
export const traceStoreSettings = settingsGroup(
  {
    queryPort: setting({
      names: ['KAIZEN_QUERY_PORT'],
      parser: port,
      default: 16686,
      about: 'Port of the trace store’s query API and console; 0: any free one.',
    }),
    otlpPort: setting({
      names: ['KAIZEN_OTLP_PORT'],
      parser: port,
      default: 4317,
      about: 'Port on which the trace store takes OTLP gRPC; 0: any free one.',
    }),
    host: bindHost,
    ...queryAccessRows,
    retentionMs: setting({
      names: ['KAIZEN_TRACE_RETENTION'],
      parser: durationOrForever({ min: 1_000 }),
      default: 14 * 86_400_000,
      about: 'How long the trace store keeps a trace, or `forever`.',
    }),
    maxBytes: setting({
      names: ['KAIZEN_TRACE_MAX_SIZE'],
      parser: byteSize({ min: 1024 ** 2 }),
      default: 10 * 1024 ** 3,
      about: 'How much the trace store keeps; beyond it the oldest traces go.',
    }),
    maxSearchTraces: setting({
      names: ['KAIZEN_MAX_SEARCH_TRACES'],
      parser: wholeNumber(1, 10_000),
      default: 1_500,
      about: 'The most traces that one search gives.',
    }),
  },
  (values) => ({ value: values satisfies TraceStoreSettings, problems: queryOpenToOthers(values) }),
);
