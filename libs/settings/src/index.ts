export { parsed, plainParser, wrong } from './parser.js';
export type { ParseOutcome, Parser } from './parser.js';
export { setting, settingsGroup } from './setting.js';
export type { Compiled, GivenBy, Setting, SettingProblem, SettingsGroup, ValuesOf } from './setting.js';
export { defineSettings, describeProblems, readSettings } from './read-settings.js';
export type { Environment, ReadOutcome, SettingsOf, SettingsTable } from './read-settings.js';
export { misspelledVariables } from './misspelled.js';
export { settingsMarkdown } from './settings-markdown.js';
export { eventType, flag, list, oneOf, port, text, topicName, wholeNumber } from './parsers.js';
export { byteSize, duration, durationOrForever, otelMilliseconds } from './quantity-parsers.js';
export {
  bracketed,
  headerList,
  host,
  hostAndPort,
  httpUrl,
  isLoopback,
  otlpEndpoint,
  pem,
} from './network-parsers.js';
export type { HostAndPort, OtlpEndpoint } from './network-parsers.js';
export { assemblySettings } from './tables/assembly.js';
export type { AssemblySettings } from './tables/assembly.js';
export { exportClientOptions, exportSettings } from './tables/export.js';
export type { ExportClientOptions, ExportSettings } from './tables/export.js';
export { kafkaSettings } from './tables/kafka.js';
export type { KafkaSettings } from './tables/kafka.js';
export { logSettings } from './tables/log.js';
export type { LogSettings } from './tables/log.js';
export { hookSettings } from './tables/hooks.js';
export type { HookSettings } from './tables/hooks.js';
export {
  assemblerHttpSettings,
  assemblerMemorySettings,
  clientSettings,
  exporterHttpSettings,
  gatewaySettings,
  logLevel,
  shutdownTimeoutMs,
} from './tables/services.js';
export type {
  AssemblerHttpSettings,
  ClientSettings,
  GatewaySettings,
  HttpSettings,
} from './tables/services.js';
export { traceStoreSettings } from './tables/trace-store.js';
export type { TraceStoreSettings } from './tables/trace-store.js';
export { consoleSettings } from './tables/console.js';
export type { ConsoleSettings } from './tables/console.js';
export type { OpenTo, QueryAccess } from './tables/query-access.js';
