import { useEffect, useState } from 'react';

/** The time, in milliseconds, that moves every `everyMs`; it stands still where that is undefined. */
export const useNow = (everyMs: number | undefined): number => {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
};
