/** How far the two clocks may differ before the steady one is set anew, in milliseconds. */
const tolerance = 2;

let anchor = Number.NaN;

/**
 * The time now, in seconds since the epoch, to the microsecond. Goes on steadily between two looks, and follows the
 * system's clock where that is set or drifts away, however long the process lives.
 */
export const nowSeconds = (): number => {
  const steady = performance.now();
  const system = Date.now();
  // Date.now() cuts to the millisecond, so a faithful anchor gives up to one more.
  const ahead = anchor + steady - system;
  if (!(ahead > -tolerance && ahead < tolerance + 1)) anchor = system - steady;
  return Math.round((anchor + steady) * 1000) / 1_000_000;
};
