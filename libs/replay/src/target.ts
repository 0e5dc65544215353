/** Spans that the target has refused for good. */
export interface RefusedSpans {
  readonly spans: number;
  readonly reason: string;
}

export type SendOutcome =
  /** The target has every span, or it is in `refused`. */
  | { readonly type: 'taken'; readonly refused: readonly RefusedSpans[] }
  /** Called off or given up; what the target has of it is unknown. Sending it again is safe. */
  | { readonly type: 'failed'; readonly reason: string };

/** Where replayed spans go. */
export interface ReplayTarget {
  /** How people call it. */
  readonly name: string;
  /** Hands over OTLP requests; settles when each was answered for. Never rejects. Several calls may be under way. */
  send(requests: readonly Uint8Array[], cancel: AbortSignal): Promise<SendOutcome>;
  /** Bytes of a file that are acknowledged: where a resumed replay goes on writing. */
  writtenBytes(): number | undefined;
  close(): Promise<void>;
}

/** Takes everything and keeps nothing. */
export const nowhere: ReplayTarget = {
  name: 'nowhere (dry run)',
  send: () => Promise.resolve({ type: 'taken', refused: [] }),
  writtenBytes: () => undefined,
  close: () => Promise.resolve(),
};
