export { openEmbeddedLog } from './embedded-log.js';
export type { EmbeddedLog } from './embedded-log.js';
export type { EmbeddedLogOptions } from './options.js';
export { EmbeddedLogError, LogUnavailableError, PartitionFencedError } from './errors.js';
