import type { OtlpClientOptions } from '@kaizen-trace/otlp';
import type { ExportSettings } from '@kaizen-trace/settings';

/** The client's options as the export settings give them. */
export const exportClientOptions = (settings: ExportSettings): OtlpClientOptions => {
  const { host, port, tls, headers, timeoutMs, compression } = settings;
  return {
    endpoint: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    insecure: tls === undefined,
    ca: tls?.ca,
    clientCert: tls?.certificate,
    clientKey: tls?.key,
    headers: Object.fromEntries(headers),
    timeoutMs,
    compression,
  };
};
