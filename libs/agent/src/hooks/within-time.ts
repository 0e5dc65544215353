/** A hook took longer than it may. Make it answer sooner, or raise `timeoutMs` of the trigger. */
export class HookTimeoutError extends Error {
  override readonly name = 'HookTimeoutError';
  readonly code = 'KAIZEN_HOOK_TIMEOUT';

  constructor(readonly timeoutMs: number) {
    super(`the hook did not answer within ${timeoutMs} ms`);
  }
}

/** How long a hook may take unless told, in milliseconds. */
export const defaultTimeoutMs = 500;

/** Node's timers fire at once beyond it. */
const longestTimer = 2 ** 31 - 1;

/** What a timer takes: what is no time at all counts as the default. */
const timeOf = (ms: number): number => {
  if (typeof ms !== 'number' || !(ms >= 0)) return defaultTimeoutMs;
  return Math.min(ms, longestTimer);
};

/**
 * The promise's own end, or a rejection after `ms`; with a negative time, or what is none, after the default. What comes
 * later is passed over.
 *
 * @throws HookTimeoutError by rejection.
 */
export const withinTime = async <Value>(promise: PromiseLike<Value>, ms: number): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = timeOf(ms);
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HookTimeoutError(limit)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
