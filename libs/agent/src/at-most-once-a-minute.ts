const pauseMs = 60_000;

/**
 * Lets each kind pass at most once a minute. The kinds are words of our own code, so there are few. `now`: milliseconds of a
 * clock that does not go back.
 */
export const atMostOnceAMinute = (
  now: () => number = () => performance.now(),
): ((kind: string) => boolean) => {
  const passed = new Map<string, number>();
  return (kind) => {
    const [before, at] = [passed.get(kind), now()];
    if (before !== undefined && at - before < pauseMs) return false;
    passed.set(kind, at);
    return true;
  };
};
