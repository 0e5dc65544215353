/** A hook took longer than it may. Make it answer sooner, or raise `timeoutMs` of the trigger. */
export class HookTimeoutError extends Error {
  override readonly name = 'HookTimeoutError';
  readonly code = 'KAIZEN_HOOK_TIMEOUT';

  constructor(readonly timeoutMs: number) {
    super(`the hook did not answer within ${timeoutMs} ms`);
  }
}

/**
 * The promise's own end, or a rejection after `ms`. What comes later is passed over.
 *
 * @throws HookTimeoutError by rejection.
 */
export const withinTime = async <Value>(promise: PromiseLike<Value>, ms: number): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HookTimeoutError(ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};
