/** Room for what answers hold of traces while they are sent. */
export interface Room {
  /**
   * Reads one thing at a time, and only while there is room; who comes meanwhile waits, in turn. What was read counts as so
   * many bytes until it is released.
   */
  hold<T>(read: () => Promise<Sized<T>>): Promise<Held<T>>;
  /** Bytes that are held now. */
  readonly held: () => number;
}

/** Something with the memory that it takes, in bytes. */
export interface Sized<T> {
  readonly value: T;
  readonly bytes: number;
}

/** Something that takes room. */
export interface Held<T> {
  readonly value: T;
  /** Gives its room to others. Idempotent. */
  release(): void;
}

/** Room of `limit` bytes. What is read last may be over it by its own size, since nobody knows that before. */
export const openRoom = (limit: number): Room => {
  let held = 0;
  let isReading = false;
  const waiting: (() => void)[] = [];
  const admit = (): void => {
    if (isReading || held >= limit) return;
    const next = waiting.shift();
    isReading = next !== undefined;
    next?.();
  };
  const enter = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      admit();
    });
  return {
    held: () => held,
    async hold(read) {
      await enter();
      try {
        const { value, bytes } = await read();
        let rest = bytes;
        held += bytes;
        const release = (): void => {
          held -= rest;
          rest = 0;
          admit();
        };
        return { value, release };
      } finally {
        isReading = false;
        admit();
      }
    },
  };
};
