import { gatewayIntakeRows, type GatewayIntakeSettings } from './gateway-intake.js';
import { host, httpUrl, isLoopback } from '../network-parsers.js';
import { headerKey, list, oneOf, port, text } from '../parsers.js';
import { byteSize, duration } from '../quantity-parsers.js';
import { setting, settingsGroup, type SettingProblem } from '../setting.js';

/** `KAIZEN_BIND_HOST`, for what has no address of its own. */
export const bindHost = setting({
  names: ['KAIZEN_BIND_HOST'],
  parser: host,
  default: '127.0.0.1',
  about: 'Address on which the services listen; `0.0.0.0` for every interface.',
});

const apiKeys = setting({
  names: ['KAIZEN_API_KEYS', 'KAIZEN_API_KEY'],
  parser: list(headerKey),
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
  /** A file of hashes of keys. */
  readonly apiKeysFile: string | undefined;
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
  apiKeysFile: setting({
    names: ['KAIZEN_API_KEYS_FILE'],
    parser: text(),
    about:
      'File of hashed keys with what each is for, made by `kaizen-trace keys new`, beside `KAIZEN_API_KEYS`; read again whenever it changes.',
  }),
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
  readonly apiKeysFile: string | undefined;
}): readonly SettingProblem[] =>
  values.apiKeys.length > 0 || values.apiKeysFile !== undefined || isLoopback(values.host)
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

/** Where an exporter listens, and where others reach it. */
export interface ExporterHttpSettings extends HttpSettings {
  /** Without a slash at its end; unset: the address on which it listens, or the machine's own for every interface. */
  readonly announcedUrl: string | undefined;
}

/** The exporter's own HTTP address. */
export const exporterHttpSettings = settingsGroup(
  {
    port: setting({
      names: ['KAIZEN_EXPORTER_PORT'],
      parser: port,
      default: 4312,
      about: 'Port of the span exporter’s health, metrics and operating API; 0: any free one.',
    }),
    host: bindHost,
    announcedUrl: setting({
      names: ['KAIZEN_EXPORTER_URL'],
      parser: httpUrl,
      about:
        'Address at which the gateway reaches this exporter, as told to the group. Unset: where it listens.',
    }),
  },
  (values) => ({ value: values satisfies ExporterHttpSettings }),
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
    about:
      'Gateway to which `publish` and the SDK send; a trace store for which it is set shows its operating API.',
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
