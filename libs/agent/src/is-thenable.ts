/** Whether it is something to wait for: a promise of whichever realm, or anything else with a `then`. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
