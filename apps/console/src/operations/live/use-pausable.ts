import { useCallback, useState } from 'react';
import { useLive } from './use-live.js';
import type { Live } from './use-live.js';

/** Something live that can be held, so that it can be read. */
export interface Pausable<T> {
  readonly live: Live<T>;
  /** What is shown: what came last, or what was there when it was held. */
  readonly shown: T | undefined;
  readonly isPaused: boolean;
  readonly pause: (paused: boolean) => void;
}

interface Held<T> {
  readonly address: string;
  readonly value: T | undefined;
}

/** Listens to an address; while it is paused, what was shown stays, and the line stays open. */
export const usePausable = <T>(address: string): Pausable<T> => {
  const live = useLive<T>(address);
  const [held, setHeld] = useState<Held<T>>();
  const { value } = live;
  const pause = useCallback(
    (paused: boolean) => setHeld(paused ? { address, value } : undefined),
    [address, value],
  );
  const isPaused = held?.address === address;
  return { live, shown: isPaused ? held.value : value, isPaused, pause };
};
