import type { AssemblySettings } from '@kaizen-trace/assembler-core';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import type { AssemblySettings as ConfiguredAssembly } from '@kaizen-trace/settings';

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
