/** A fixed number of permits; whoever takes one gives it back once. */
export interface Permits {
  /** Resolves with the function that gives the permit back; first come, first served. */
  take(): Promise<() => void>;
}

/** `count` permits. Those who wait are bounded by their callers. */
export const createPermits = (count: number): Permits => {
  let free = count;
  const waiting: (() => void)[] = [];
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async take() {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return release;
    },
  };
};

/** Lets one side wait until the other has something for it. A ring that nobody waits for is remembered, once. */
export interface Doorbell {
  readonly ring: () => void;
  readonly wait: () => Promise<void>;
}

/** A doorbell that nobody has rung; for one waiter at a time. */
export const createDoorbell = (): Doorbell => {
  let rung = false;
  let answer: (() => void) | undefined;
  return {
    ring() {
      if (answer === undefined) rung = true;
      else answer();
      answer = undefined;
    },
    async wait() {
      if (!rung) await new Promise<void>((resolve) => (answer = resolve));
      rung = false;
    },
  };
};
