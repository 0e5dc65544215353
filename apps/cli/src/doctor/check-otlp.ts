import { createOtlpClient, describeOtlpFailure } from '@kaizen-trace/otlp';
import { exportClientOptions, type ExportSettings } from '@kaizen-trace/settings';
import { type Check, checkTimeoutMs } from './check.js';
import { identify, type Listener } from './identify.js';

const name = 'otlp';
const remedy = 'Set JAEGER_HOST and JAEGER_PORT, or OTEL_EXPORTER_OTLP_ENDPOINT';
const notGrpc = 'it speaks HTTP, not OTLP gRPC: use 4317';

/** What is there in the place of OTLP gRPC; undefined where the failure itself says it best. */
const whatIsThere: Readonly<Record<Listener, string | undefined>> = {
  nothing: undefined,
  'jaeger-query': `is Jaeger's query API and pages: ${notGrpc}`,
  'otlp-http': `takes OTLP over HTTP (4318 by custom): ${notGrpc}`,
  zipkin: `takes Zipkin's spans (9411 by custom): ${notGrpc}`,
  'jaeger-thrift': `is Jaeger's old HTTP collector (14268 by custom): ${notGrpc}`,
  gateway: `is kaizen-trace's gateway: ${notGrpc}`,
  http: `is some HTTP server: ${notGrpc}`,
  tls: undefined,
  http2: undefined,
  unknown: undefined,
};

/** TLS on one side and plaintext on the other; undefined where both agree. */
const disagreement = (
  insecure: boolean,
  listener: Listener,
): Pick<Check, 'detail' | 'remedy'> | undefined => {
  if (insecure && listener === 'tls')
    return {
      detail: 'speaks TLS, and was spoken to in plaintext',
      remedy: 'Set JAEGER_INSECURE=false, or write OTEL_EXPORTER_OTLP_ENDPOINT with https://',
    };
  if (!insecure && listener === 'http2')
    return {
      detail: 'speaks plaintext gRPC, and was spoken to in TLS',
      remedy: 'Set JAEGER_INSECURE=true, or write OTEL_EXPORTER_OTLP_ENDPOINT with http://',
    };
  return undefined;
};

/**
 * Whether the backend takes OTLP over gRPC: it is sent a request without spans. Where it does not, its port is asked what
 * it is instead.
 */
export const checkOtlp = async (backend: ExportSettings): Promise<Check> => {
  const options = exportClientOptions(backend);
  const { endpoint, insecure } = options;
  const client = createOtlpClient({ ...options, timeoutMs: checkTimeoutMs });
  try {
    const outcome = await client.export(new Uint8Array(0));
    const failure = describeOtlpFailure(outcome, endpoint);
    if (failure === undefined) return { name, outcome: 'ok', detail: `${endpoint} takes OTLP over gRPC` };
    const listener = await identify({ host: backend.host, port: backend.port });
    const other = disagreement(insecure, listener);
    if (other !== undefined)
      return { name, outcome: 'failed', ...other, detail: `${endpoint} ${other.detail}` };
    const there = whatIsThere[listener];
    const detail = there === undefined ? failure : `${endpoint} ${there}`;
    return { name, outcome: 'failed', detail, remedy };
  } finally {
    client.close();
  }
};
