import { host, isLoopback } from '../network-parsers.js';
import { flag, list, port, text, wholeNumber } from '../parsers.js';
import { byteSize, durationOrForever } from '../quantity-parsers.js';
import { setting, settingsGroup, type SettingProblem } from '../setting.js';
import { bindHost } from './services.js';

/** The trace store. `retentionMs` and `maxBytes` bound what it keeps; the tighter one wins. */
export interface TraceStoreSettings {
  readonly queryPort: number;
  readonly otlpPort: number;
  readonly host: string;
  /** Where its query API and console listen. */
  readonly queryHost: string;
  /** Keys that the query API wants; empty: none. */
  readonly queryKeys: readonly string[];
  /** Whether they may listen on more than loopback without keys. */
  readonly queryOpen: boolean;
  readonly retentionMs: number;
  readonly maxBytes: number;
  /** The most traces that one search gives. */
  readonly maxSearchTraces: number;
}

const queryOpenToOthers = (values: {
  readonly queryHost: string;
  readonly queryKeys: readonly string[];
  readonly queryOpen: boolean;
}): readonly SettingProblem[] =>
  values.queryOpen || values.queryKeys.length > 0 || isLoopback(values.queryHost)
    ? []
    : [
        {
          variable: 'KAIZEN_QUERY_KEYS',
          problem: `is not set, but the query API would listen on ${values.queryHost}, open to others`,
          remedy: 'Set a key, or KAIZEN_QUERY_HOST=127.0.0.1, or KAIZEN_QUERY_OPEN=true if that is meant.',
        },
      ];

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
    queryHost: setting({
      names: ['KAIZEN_QUERY_HOST', 'KAIZEN_BIND_HOST'],
      parser: host,
      default: '127.0.0.1',
      about:
        'Address on which the query API and console listen; anything but loopback wants `KAIZEN_QUERY_KEYS` or `KAIZEN_QUERY_OPEN`.',
    }),
    queryKeys: setting({
      names: ['KAIZEN_QUERY_KEYS'],
      parser: list(text(512)),
      default: [],
      secret: true,
      about:
        'Keys for the query API and console, with commas between: as a bearer token, or as the password of a browser’s login. Unset: none is asked for.',
    }),
    queryOpen: setting({
      names: ['KAIZEN_QUERY_OPEN'],
      parser: flag,
      default: false,
      about: 'Whether the query API and console may listen on more than loopback without keys.',
    }),
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
