import { createOtlpClient, describeOtlpFailure } from '@kaizen-trace/otlp';
import { exportClientOptions, type ExportSettings } from '@kaizen-trace/settings';
import { type Check, checkTimeoutMs } from './check.js';

const name = 'otlp';

/** Whether the backend takes OTLP over gRPC: it is sent a request without spans. */
export const checkOtlp = async (backend: ExportSettings): Promise<Check> => {
  const options = exportClientOptions(backend);
  const { endpoint } = options;
  const client = createOtlpClient({ ...options, timeoutMs: checkTimeoutMs });
  try {
    const outcome = await client.export(new Uint8Array(0));
    const failure = describeOtlpFailure(outcome, endpoint);
    if (failure === undefined) return { name, outcome: 'ok', detail: `${endpoint} takes OTLP over gRPC` };
    const remedy = 'Set JAEGER_HOST and JAEGER_PORT, or OTEL_EXPORTER_OTLP_ENDPOINT';
    return { name, outcome: 'failed', detail: failure, remedy };
  } finally {
    client.close();
  }
};
