export { openLog } from './open-log.js';
export type { LogOptions } from './open-log.js';
