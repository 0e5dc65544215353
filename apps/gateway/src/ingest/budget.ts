/** Bytes that requests hold at one time. */
export interface ByteBudget {
  /** Whether so much more would fit now; takes nothing. */
  readonly fits: (bytes: number) => boolean;
  /** An account for one request. Give it back with `release`, or its bytes are lost to the others. */
  readonly open: () => ByteAccount;
  readonly inUse: () => number;
}

/** What one request holds of a budget. */
export interface ByteAccount {
  /** Takes more bytes, or answers false and takes none. */
  take(bytes: number): boolean;
  /** Gives back all that was taken. Idempotent. */
  release(): void;
}

/** What a request costs beside its body, so that many small ones are bounded too. */
const requestOverhead = 4_096;

/** A budget of `limit` bytes, shared by all requests of one gateway. */
export const openByteBudget = (limit: number): ByteBudget => {
  let inUse = 0;
  return {
    fits: (bytes) => inUse + bytes <= limit,
    inUse: () => inUse,
    open() {
      let held = requestOverhead;
      inUse += held;
      return {
        take(bytes) {
          // A body within the largest size must pass when it is alone, whatever its overhead.
          if (inUse + bytes > limit && inUse > held) return false;
          held += bytes;
          inUse += bytes;
          return true;
        },
        release() {
          inUse -= held;
          held = 0;
        },
      };
    },
  };
};
