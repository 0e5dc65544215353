import type { OtlpClientOptions } from '@kaizen-trace/otlp';
import type { ExportSettings } from '@kaizen-trace/settings';

/** The client's options as the export settings give them. */
export const exportClientOptions = (settings: ExportSettings): OtlpClientOptions => {
  const { host, port, tls, headers, timeoutMs, compression } = settings;
  return {
    endpoint: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    insecure: tls === undefined,
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.certificate === undefined ? {} : { clientCert: tls.certificate }),
    ...(tls?.key === undefined ? {} : { clientKey: tls.key }),
    headers: Object.fromEntries(headers),
    timeoutMs,
    compression,
  };
};
