/** Node's timers take no more milliseconds, and fire at once beyond. */
export const longestTimer = 2_147_483_647;

/** The promise's answer, or false where it has none after `ms`. Never rejects; holds the process for as long as it waits. */
export const within = async (promise: Promise<boolean>, ms: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.min(Math.max(0, ms), longestTimer));
  });
  try {
    return await Promise.race([promise, late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
};

/** Seconds as somebody gave them, in milliseconds; whatever is no length of time is none. */
export const toMs = (seconds: number): number => (seconds > 0 ? seconds * 1000 : 0);
