import { gatewayIntakeRows, type GatewayIntakeSettings } from './gateway-intake.js';
import { host, httpUrl, isLoopback } from '../network-parsers.js';
import { list, oneOf, port, text, wholeNumber } from '../parsers.js';
import { byteSize, duration, durationOrForever } from '../quantity-parsers.js';
import { setting, settingsGroup, type SettingProblem } from '../setting.js';

const bindHost = setting({
  names: ['KAIZEN_BIND_HOST'],
  parser: host,
  default: '127.0.0.1',
  about: 'Address on which the services listen; `0.0.0.0` for every interface.',
});

const apiKeys = setting({
  names: ['KAIZEN_API_KEYS', 'KAIZEN_API_KEY'],
  parser: list(text(512)),
  default: [],
  secret: true,
  about: 'Keys that clients of the gateway must show, with commas between. Unset: open, on loopback only.',
});

/** `KAIZEN_LOG_LEVEL`, for services whose table has no group for it. */
export const logLevel = setting({
  names: ['KAIZEN_LOG_LEVEL'],
  parser: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  default: 'info',
  about: 'The least severe log lines to write.',
});

/** How long a service may take to stop, in milliseconds. */
export const shutdownTimeoutMs = setting({
  names: ['KAIZEN_SHUTDOWN_TIMEOUT'],
  parser: duration({ min: 100, max: 600_000 }),
  default: 20_000,
  about: 'How long a service may take to finish its work on SIGTERM before it is ended.',
});

/** Where the gateway listens and what it takes. Sizes in bytes, durations in milliseconds. */
export interface GatewaySettings extends GatewayIntakeSettings {
  readonly port: number;
  readonly host: string;
  /** Empty: open. */
  readonly apiKeys: readonly string[];
  readonly maxBodyBytes: number;
  readonly maxInFlightBytes: number;
  readonly requestTimeoutMs: number;
}

/** The rows behind {@link gatewaySettings}. */
const gatewayRows = {
  port: setting({
    names: ['KAIZEN_GATEWAY_PORT'],
    parser: port,
    default: 4310,
    about: 'Port of the gateway; 0: any free one.',
  }),
  host: setting({
    names: ['KAIZEN_GATEWAY_HOST', 'KAIZEN_BIND_HOST'],
    parser: host,
    default: '127.0.0.1',
    about: 'Address on which the gateway listens; anything but loopback wants `KAIZEN_API_KEYS`.',
  }),
  apiKeys,
  maxBodyBytes: setting({
    names: ['KAIZEN_MAX_BODY'],
    parser: byteSize({ min: 1024, max: 256 * 1024 ** 2 }),
    default: 16 * 1024 ** 2,
    about: 'Largest request body, unpacked.',
  }),
  maxInFlightBytes: setting({
    names: ['KAIZEN_MAX_IN_FLIGHT'],
    parser: byteSize({ min: 1024, max: 8 * 1024 ** 3 }),
    default: 128 * 1024 ** 2,
    about: 'Bytes of unpacked bodies held at once; above it the gateway answers 429.',
  }),
  requestTimeoutMs: setting({
    names: ['KAIZEN_REQUEST_TIMEOUT'],
    parser: duration({ min: 1_000, max: 3_600_000 }),
    default: 60_000,
    about: 'How long a client may take to send a request.',
  }),
  ...gatewayIntakeRows,
};

const openToOthers = (values: {
  readonly host: string;
  readonly apiKeys: readonly string[];
}): readonly SettingProblem[] =>
  values.apiKeys.length > 0 || isLoopback(values.host)
    ? []
    : [
        {
          variable: 'KAIZEN_API_KEYS',
          problem: `is not set, but the gateway would listen on ${values.host}, open to others`,
          remedy: 'Set a key, or KAIZEN_GATEWAY_HOST=127.0.0.1.',
        },
      ];

const tooNarrow = (values: {
  readonly maxBodyBytes: number;
  readonly maxInFlightBytes: number;
}): readonly SettingProblem[] =>
  values.maxInFlightBytes >= values.maxBodyBytes
    ? []
    : [
        {
          variable: 'KAIZEN_MAX_IN_FLIGHT',
          problem: 'is smaller than KAIZEN_MAX_BODY: the largest body could never be taken',
          remedy: 'Raise it, or lower KAIZEN_MAX_BODY.',
        },
      ];

/** The gateway. Refuses to be open to other machines without a key. */
export const gatewaySettings = settingsGroup(gatewayRows, (values) => ({
  value: values satisfies GatewaySettings,
  problems: [...openToOthers(values), ...tooNarrow(values)],
}));

/** Where a service's health, readiness and metrics are. */
export interface HttpSettings {
  readonly port: number;
  readonly host: string;
}

/** Where an assembler listens, and where others reach it. */
export interface AssemblerHttpSettings extends HttpSettings {
  /** Without a slash at its end; unset: the address on which it listens, or the machine's own for every interface. */
  readonly announcedUrl: string | undefined;
}

/** The assembler's own HTTP address. */
export const assemblerHttpSettings = settingsGroup(
  {
    port: setting({
      names: ['KAIZEN_ASSEMBLER_PORT'],
      parser: port,
      default: 4311,
      about: 'Port of the span assembler’s health, metrics and operating API; 0: any free one.',
    }),
    host: bindHost,
    announcedUrl: setting({
      names: ['KAIZEN_ASSEMBLER_URL'],
      parser: httpUrl,
      about:
        'Address at which the gateway reaches this assembler, as told to the group. Unset: where it listens.',
    }),
  },
  (values) => ({ value: values satisfies AssemblerHttpSettings }),
);

/** How much an assembler may keep in memory. */
export const assemblerMemorySettings = settingsGroup(
  {
    cacheBytes: setting({
      names: ['KAIZEN_STATE_CACHE'],
      parser: byteSize({ min: 16 * 1024 ** 2, max: 64 * 1024 ** 3 }),
      default: 128 * 1024 ** 2,
      about:
        'About how much memory open operations may take in an assembler; what is more is read from disk when it is needed.',
    }),
  },
  (values) => ({ value: values satisfies { readonly cacheBytes: number } }),
);

/** The exporter's own HTTP address. */
export const exporterHttpSettings = settingsGroup(
  {
    port: setting({
      names: ['KAIZEN_EXPORTER_PORT'],
      parser: port,
      default: 4312,
      about: 'Port of the span exporter’s health and metrics; 0: any free one.',
    }),
    host: bindHost,
  },
  (values) => ({ value: values satisfies HttpSettings }),
);

/** The trace store. `retentionMs` and `maxBytes` bound what it keeps; the tighter one wins. */
export interface TraceStoreSettings {
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
  (values) => ({ value: values satisfies TraceStoreSettings }),
);

/** How a client reaches the gateway. */
export interface ClientSettings {
  /** Without a slash at its end. */
  readonly gatewayUrl: string;
  readonly gatewayUrlExplicit: boolean;
  readonly apiKey: string | undefined;
}

/** The rows behind {@link clientSettings}. */
export const clientRows = {
  gatewayUrl: setting({
    names: ['KAIZEN_GATEWAY_URL'],
    parser: httpUrl,
    default: 'http://localhost:4310',
    about: 'Gateway to which `publish` and the SDK send.',
  }),
  apiKeys,
};

/** What `publish` and the SDK need. Where several keys are set, the first one is shown. */
export const clientSettings = settingsGroup(clientRows, (values, given) => {
  const value: ClientSettings = {
    gatewayUrl: values.gatewayUrl,
    gatewayUrlExplicit: given.gatewayUrl !== undefined,
    apiKey: values.apiKeys[0],
  };
  return { value };
});
