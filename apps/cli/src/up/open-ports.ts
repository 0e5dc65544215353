import { isLoopback } from '@kaizen-trace/settings';
import type { UpSettings } from './settings.js';

/**
 * What other machines reach without a key, for people; empty where that is nothing. These parts ask for none wherever they
 * listen: they are meant for the services and Prometheus alone.
 */
export const keylessPorts = ({
  assemblerHttp,
  exporterHttp,
  traceStore,
  backend,
}: Pick<UpSettings, 'assemblerHttp' | 'exporterHttp' | 'traceStore' | 'backend'>): readonly string[] => [
  ...(isLoopback(assemblerHttp.host) ? [] : ['the assembler’s port (KAIZEN_ASSEMBLER_PORT)']),
  ...(isLoopback(exporterHttp.host) ? [] : ['the exporter’s port (KAIZEN_EXPORTER_PORT)']),
  ...(isLoopback(traceStore.host) || !backend.local ? [] : ['the port for spans (KAIZEN_OTLP_PORT)']),
];

/** What to do about them, in a line of the log; undefined where there is nothing to say. */
export const keylessPortsWarning = (settings: Parameters<typeof keylessPorts>[0]): string | undefined => {
  const ports = keylessPorts(settings);
  if (ports.length === 0) return undefined;
  return `other machines reach ${ports.join(', ')} without a key: keep them out by a firewall, or set KAIZEN_BIND_HOST=127.0.0.1 and open only what asks for keys, by KAIZEN_GATEWAY_HOST and KAIZEN_QUERY_HOST`;
};
