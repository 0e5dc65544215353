import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import { defaultSettings } from '@kaizen-trace/assembler-core';

/** What of folding is configured. */
export interface ConfiguredAssembly extends Pick<
  AssemblySettings,
  'layout' | 'reorderGraceMs' | 'openTtlMs' | 'defaultServiceName' | 'nestedAsJson' | 'progressSpans'
> {
  /** In UTF-16 units. */
  readonly attributeLength: number;
  /** Undefined: all. */
  readonly eventsToTrace: AssemblySettings['eventsToTrace'] | undefined;
}

/** The folding settings as configured, the contract's fixed limits beside them. */
export const assemblyFrom = (configured: ConfiguredAssembly): AssemblySettings => ({
  ...defaultSettings,
  layout: configured.layout,
  reorderGraceMs: configured.reorderGraceMs,
  openTtlMs: configured.openTtlMs,
  defaultServiceName: configured.defaultServiceName,
  nestedAsJson: configured.nestedAsJson,
  progressSpans: configured.progressSpans,
  maxStringLength: configured.attributeLength,
  ...(configured.eventsToTrace === undefined ? {} : { eventsToTrace: configured.eventsToTrace }),
});
