const graceMs = 2_000;

/** Aborts a moment after `signal`, so that the batch under way may still be answered. */
export const deadlineAfter = (signal: AbortSignal): AbortSignal => {
  const controller = new AbortController();
  const abortSoon = (): void => void setTimeout(() => controller.abort(), graceMs).unref();
  if (signal.aborted) abortSoon();
  else signal.addEventListener('abort', abortSoon, { once: true });
  return controller.signal;
};
