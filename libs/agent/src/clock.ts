/** How far the two clocks may differ before the steady one is set anew, in milliseconds. */
const tolerance = 2;

/** The most by which setting it anew for a mere drift takes it back; a greater step is a clock that somebody set. */
const drift = 2 * tolerance + 1;

let anchor = Number.NaN;
let latest = 0;

/**
 * The time now, in seconds since the epoch, to the microsecond. Goes on steadily between two looks, follows the system's
 * clock within 3 ms where that is set or drifts away, however long the process lives, and does not go back for a drift.
 */
export const nowSeconds = (): number => {
  const steady = performance.now();
  const system = Date.now();
  // Date.now() cuts to the millisecond, so a faithful anchor gives up to one more.
  const ahead = anchor + steady - system;
  if (!(ahead > -tolerance && ahead < tolerance + 1)) anchor = system - steady;
  const now = anchor + steady;
  // An operation would end before it began; the clock stands still for those milliseconds instead.
  if (now >= latest || latest - now > drift) latest = now;
  return Math.round(latest * 1000) / 1_000_000;
};
