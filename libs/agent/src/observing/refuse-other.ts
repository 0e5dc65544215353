import { isDeepStrictEqual } from 'node:util';
import type { ObservabilityOptions } from './observability-options.js';

const isSame = (one: unknown, other: unknown): boolean => {
  const isPlain = Array.isArray(one) || (typeof one === 'object' && one?.constructor === Object);
  return isPlain ? isDeepStrictEqual(one, other) : Object.is(one, other);
};

/**
 * Lets options pass that say what was said the first time, or nothing.
 *
 * @throws Error naming those that say something else.
 */
export const refuseOther = (
  given: ObservabilityOptions,
  first: ObservabilityOptions,
  whatIsThere: string,
): void => {
  const other = Object.entries(given).filter(
    ([name, value]) => value !== undefined && !isSame(value, { enableTracing: true, ...first }[name]),
  );
  if (other.length === 0) return;
  const names = other.map(([name]) => name).join(', ');
  throw new Error(
    `enableObservability: ${whatIsThere} with other options (${names}): leave them out, or shut that one down first`,
  );
};
