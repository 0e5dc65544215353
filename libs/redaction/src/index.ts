export { createRedactor } from './redactor.js';
export type { Redactor, RedactorOptions } from './redactor.js';
