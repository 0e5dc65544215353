/** Which cell is waited on, what it held when last looked at, and for how long at most. */
export interface Waiting {
  readonly index: number;
  readonly seen: number;
  readonly ms: number;
}

/**
 * Waits until a cell changes, or for `ms`; the thread goes on with other work. Someone awaits this, so the process stays
 * for it: the timer holds it, which waiting in shared memory would not.
 */
export const withoutBlocking = async (
  cells: Int32Array<SharedArrayBuffer>,
  { index, seen, ms }: Waiting,
): Promise<void> => {
  const waiting = Atomics.waitAsync(cells, index, seen, ms);
  if (!waiting.async) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    void waiting.value.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
};
