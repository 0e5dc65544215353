import type { HookContext } from '@kaizen-trace/contracts';

/** A line that was not taken: the dotted path of the field, or null, and why. */
export interface Rejection {
  readonly line: number;
  readonly field: string | null;
  readonly reason: string;
}

/** An event on its way, as the sink writes it, with the line that it came from. */
export interface Outgoing<Payload> {
  readonly line: number;
  readonly payload: Payload;
  /** Bytes that it takes on the way. */
  readonly size: number;
}

/** How one attempt to hand a batch over ended. Only `taken` means durable. */
export type SendOutcome =
  | { readonly type: 'taken'; readonly rejected: readonly Rejection[] }
  /** Not now: the same batch may be sent again, after `retryAfterMs` where the other side said so. */
  | {
      readonly type: 'retryable';
      readonly reason: string;
      readonly retryAfterMs?: number;
      /** Whether some of it may have been taken all the same. */
      readonly uncertain: boolean;
    }
  /** Too much at once: smaller parts may pass. */
  | { readonly type: 'too-large'; readonly reason: string }
  /** Never: sending it again would end the same way. The reason names the remedy. */
  | { readonly type: 'refused'; readonly reason: string };

/** An event as the sink writes it, or why it would be refused there. */
export type Encoding<Payload> =
  | { readonly type: 'encoded'; readonly payload: Payload; readonly size: number }
  | { readonly type: 'refused'; readonly field: string | null; readonly reason: string };

/** Where events go: the gateway, or the log itself. */
export interface Sink<Payload> {
  /** Names the destination for people. */
  readonly destination: string;
  encode(event: HookContext): Encoding<Payload>;
  /** One attempt, no retries. Never throws. */
  send(batch: readonly Outgoing<Payload>[], signal: AbortSignal): Promise<SendOutcome>;
  close(): Promise<void>;
}
