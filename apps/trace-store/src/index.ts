export { openTraceStore } from './open-trace-store.js';
export type { RunningTraceStore, TraceStoreOptions } from './open-trace-store.js';
export { TraceStoreModule } from './trace-store.module.js';
export type { TraceStoreModuleOptions } from './trace-store.module.js';
export { openConsole } from './console/open-console.js';
export type { ConsoleOptions, RunningConsole } from './console/open-console.js';
