import { bracketed, headerList, host, isLoopback, otlpEndpoint, pem } from '../network-parsers.js';
import { flag, oneOf, wholeNumber } from '../parsers.js';
import { otelMilliseconds } from '../quantity-parsers.js';
import { setting, settingsGroup, type GivenBy, type SettingProblem, type ValuesOf } from '../setting.js';

/** Where spans go over OTLP gRPC. */
export interface ExportSettings {
  readonly host: string;
  readonly port: number;
  /** `undefined`: plaintext. PEM texts are complete. */
  readonly tls:
    | {
        readonly ca: string | undefined;
        readonly certificate: string | undefined;
        readonly key: string | undefined;
      }
    | undefined;
  /** Lower-case names. The values are secrets. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** For one call, in milliseconds. */
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
  /** The variable that named the backend's host; `undefined` where the default holds and a trace store may stand in. */
  readonly hostGivenBy: string | undefined;
  /** Whether the host is this machine. */
  readonly local: boolean;
}

/** The rows behind {@link exportSettings}. Where several names stand, the one for traces wins, as OpenTelemetry has it. */
const exportRows = {
  endpoint: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    parser: otlpEndpoint,
    about: 'Where spans go, over OTLP gRPC; http is plaintext, https is TLS. Wins over `JAEGER_*`.',
  }),
  jaegerHost: setting({
    names: ['JAEGER_HOST'],
    parser: host,
    default: 'localhost',
    about: 'Host of Jaeger, or of any OTLP backend.',
  }),
  jaegerPort: setting({
    names: ['JAEGER_PORT'],
    parser: wholeNumber(1, 65_535),
    default: 4317,
    about: 'Its OTLP gRPC port (not that of its pages).',
  }),
  jaegerInsecure: setting({
    names: ['JAEGER_INSECURE'],
    parser: flag,
    default: true,
    about: 'Whether to speak plaintext to `JAEGER_HOST`; false: TLS.',
  }),
  protocol: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    parser: oneOf('grpc'),
    default: 'grpc',
    about: 'Only `grpc` is spoken; anything else is refused instead of being passed over.',
  }),
  insecure: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_INSECURE', 'OTEL_EXPORTER_OTLP_INSECURE'],
    parser: flag,
    default: false,
    about: 'Whether an endpoint written without http or https is plaintext.',
  }),
  headers: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    parser: headerList,
    default: [],
    secret: true,
    about: 'Headers for the backend, `name=value` with commas between, values percent-encoded.',
  }),
  timeoutMs: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
    parser: otelMilliseconds,
    default: 10_000,
    about: 'How long one call to the backend may take, in milliseconds without a unit.',
  }),
  compression: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
    parser: oneOf('none', 'gzip'),
    default: 'none',
    about: '`gzip` or `none`.',
  }),
  ca: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    parser: pem,
    secret: true,
    about: 'Authority that signed the backend’s certificate: a PEM file. Unset: the system’s.',
  }),
  certificate: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'],
    parser: pem,
    secret: true,
    about: 'Certificate to show to the backend: a PEM file; with a key.',
  }),
  key: setting({
    names: ['OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY', 'OTEL_EXPORTER_OTLP_CLIENT_KEY'],
    parser: pem,
    secret: true,
    about: 'Key of that certificate: a PEM file.',
  }),
};

type Values = ValuesOf<typeof exportRows>;
type Given = GivenBy<typeof exportRows>;

const missingPartner = (given: Given): readonly SettingProblem[] => {
  const { certificate, key } = given;
  if ((certificate === undefined) === (key === undefined)) return [];
  const [variable, because] =
    certificate === undefined
      ? ['OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE', key]
      : ['OTEL_EXPORTER_OTLP_CLIENT_KEY', certificate];
  return [
    {
      variable,
      problem: `is not set, but ${because ?? ''} is`,
      remedy: `Set both, or unset ${because ?? ''}.`,
    },
  ];
};

const isPlaintext = ({ endpoint, insecure, jaegerInsecure }: Values): boolean => {
  if (endpoint === undefined) return jaegerInsecure;
  return endpoint.scheme === undefined ? insecure : endpoint.scheme === 'http';
};

const compileExport = (values: Values, given: Given): ExportSettings => {
  const { endpoint, jaegerHost, jaegerPort, headers, timeoutMs, compression, ca, certificate, key } = values;
  const target = endpoint ?? { host: jaegerHost, port: jaegerPort };
  return {
    host: target.host,
    port: target.port,
    tls: isPlaintext(values) ? undefined : { ca, certificate, key },
    headers,
    timeoutMs,
    compression,
    hostGivenBy: given.endpoint ?? given.jaegerHost,
    local: isLoopback(target.host),
  };
};

/** The backend. Standard `OTEL_*` variables win over `JAEGER_*`. */
export const exportSettings = settingsGroup(exportRows, (values, given) => ({
  value: compileExport(values, given),
  problems: missingPartner(given),
}));

/** The settings as a client of OTLP gRPC takes them. */
export interface ExportClientOptions {
  /** `host:port`, without a scheme. */
  readonly endpoint: string;
  /** Plain text instead of TLS. */
  readonly insecure: boolean;
  /** PEM texts. */
  readonly ca: string | undefined;
  readonly clientCert: string | undefined;
  readonly clientKey: string | undefined;
  /** The values are secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly compression: 'none' | 'gzip';
}

/** What a client needs to reach the backend that the settings name. */
export const exportClientOptions = (settings: ExportSettings): ExportClientOptions => {
  const { host: name, port, tls, headers, timeoutMs, compression } = settings;
  return {
    endpoint: `${bracketed(name)}:${port}`,
    insecure: tls === undefined,
    ca: tls?.ca,
    clientCert: tls?.certificate,
    clientKey: tls?.key,
    headers: Object.fromEntries(headers),
    timeoutMs,
    compression,
  };
};
