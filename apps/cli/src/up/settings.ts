import {
  assemblerHttpSettings,
  assemblerMemorySettings,
  assemblySettings,
  defineSettings,
  exporterHttpSettings,
  exportSettings,
  gatewaySettings,
  logLevel,
  logSettings,
  type SettingsOf,
  shutdownTimeoutMs,
  traceStoreSettings,
} from '@kaizen-trace/settings';

/** What the whole pipeline in one process reads from the environment: the tables of all its services. */
export const upSettings = defineSettings({
  log: logSettings,
  assembly: assemblySettings,
  backend: exportSettings,
  gateway: gatewaySettings,
  assemblerHttp: assemblerHttpSettings,
  assemblerMemory: assemblerMemorySettings,
  exporterHttp: exporterHttpSettings,
  traceStore: traceStoreSettings,
});

/** The values of {@link upSettings}, frozen. */
export type UpSettings = SettingsOf<typeof upSettings.entries>;

/** What the process itself reads. */
export const processSettings = defineSettings({ logLevel, shutdownTimeoutMs });

/** The least level that is logged. */
export type LogLevel = SettingsOf<typeof processSettings.entries>['logLevel'];
