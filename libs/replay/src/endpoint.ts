import type { OtlpClientOptions } from '@kaizen-trace/otlp';
import {
  bracketed,
  exportClientOptions,
  type ExportSettings,
  isLoopback,
  otlpEndpoint,
} from '@kaizen-trace/settings';
import { ReplayRefusedError } from './errors.js';
import type { PartitionPlan } from './plan.js';

/** `host:port`, an IPv6 address in brackets. */
const shown = (host: string, port: number): string => `${bracketed(host)}:${port}`;

/** One name for all names of this machine, so that two spellings of one endpoint are one. */
const canonical = (host: string, port: number): string =>
  shown(isLoopback(host) ? 'localhost' : host.toLowerCase(), port);

/** Where an explicit endpoint, or the environment's backend, is reached. */
export interface Endpoint {
  readonly client: OtlpClientOptions;
  readonly canonical: string;
}

/**
 * The endpoint that `text` names, or the environment's. Headers, keys and certificates of the environment go to its own
 * backend only: they are secrets of that one.
 *
 * @throws ReplayRefusedError where it is no endpoint.
 */
export const endpointOf = (text: string | undefined, backend: ExportSettings): Endpoint => {
  const own = { client: exportClientOptions(backend), canonical: canonical(backend.host, backend.port) };
  if (text === undefined) return own;
  const outcome = otlpEndpoint.parse(text);
  if (outcome.type === 'wrong')
    throw new ReplayRefusedError(`--otlp ${text}: it is ${outcome.problem}. ${outcome.remedy}`);
  const { host, port, scheme } = outcome.value;
  const name = canonical(host, port);
  if (name === own.canonical && scheme === undefined) return own;
  return {
    canonical: name,
    client: {
      endpoint: shown(host, port),
      insecure: scheme !== 'https',
      timeoutMs: backend.timeoutMs,
      compression: backend.compression,
    },
  };
};

/**
 * Refuses another layout than the live one where the live spans go: one span id would get two bodies.
 *
 * @throws ReplayRefusedError naming what to do instead.
 */
export const guardLayout = (
  endpoint: Endpoint,
  plans: readonly Pick<PartitionPlan, 'settings' | 'liveLayouts'>[],
  live: readonly Endpoint['canonical'][],
): void => {
  if (!live.includes(endpoint.canonical)) return;
  for (const { settings, liveLayouts } of plans) {
    const other = liveLayouts.find((layout) => layout !== settings.layout);
    if (other === undefined) continue;
    throw new ReplayRefusedError(
      `--layout ${settings.layout}: the live layout is ${other}, or was when operations began that the state remembers, ` +
        `and ${endpoint.client.endpoint} is where its spans go; one span id would get two bodies there. ` +
        'Name an endpoint of its own with --otlp, or add --force',
    );
  }
};
