import { AsyncLocalStorage } from 'node:async_hooks';
import { processWide } from './process-wide.js';

let opened: AsyncLocalStorage<unknown> | undefined;

/**
 * What holds the run; for channels too, that bind it to what they tell of. In a file of its own, and of no type, so that the
 * declarations that users compile against need none of Node's.
 */
export const runStorage = (): AsyncLocalStorage<unknown> =>
  (opened ??= processWide('run', () => new AsyncLocalStorage<unknown>()));
