/** How a stream came to its end. */
export type StreamEnd =
  | { readonly type: 'finished' }
  | { readonly type: 'failed'; readonly error: unknown }
  /** Its reader went away before its end. */
  | { readonly type: 'abandoned' }
  /** Nobody has held it for a while. */
  | { readonly type: 'forgotten' };

/** Who follows a stream. Must hold no reference to the stream itself, so that one that nobody reads can be told. */
export interface StreamFollower {
  /** Calls `body` in the context of the operation that gave the stream: that is where a generator's body runs. */
  readonly inside: <Value>(body: () => Value) => Value;
  readonly item: (value: unknown) => void;
  /** Called once. Never rejects. */
  readonly end: (end: StreamEnd) => Promise<void>;
}

/** What a stream that nobody reads to its end, and nobody holds any longer, was followed by. */
const forgotten = new FinalizationRegistry<StreamFollower>(
  (follower) => void follower.end({ type: 'forgotten' }),
);

/** The follower, told of the first end only, also where the stream is thrown away without a word. */
export const followerOnce = (follower: StreamFollower, stream: object): StreamFollower => {
  let ended = false;
  const once: StreamFollower = {
    ...follower,
    item: (value) => {
      if (!ended) follower.item(value);
    },
    end: async (end) => {
      if (ended) return;
      ended = true;
      forgotten.unregister(once);
      await follower.end(end);
    },
  };
  forgotten.register(stream, once, once);
  return once;
};
