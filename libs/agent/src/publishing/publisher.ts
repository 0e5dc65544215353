import type { HookContextInit } from '../hooks/hook-context.js';

/** Why an event was not taken in. */
export type PublishRefusal =
  /** The buffer or the spool is full, and the policy is not to drop. */
  | 'full'
  /** More than 512 KiB as JSON. */
  | 'too-large'
  /** Its type or its agent are none by the contract. */
  | 'invalid'
  /** One's own `redact` threw: better no event than one with a secret. */
  | 'redaction'
  /** The spool cannot be written: the disk is full, or the directory is not ours. */
  | 'unwritable'
  | 'closed';

/** Whether an event was taken in. Being delivered comes later, see {@link PublisherStats}. */
export type PublishOutcome =
  | { readonly type: 'accepted' }
  /** The message says what to do. */
  | { readonly type: 'refused'; readonly reason: PublishRefusal; readonly message: string };

/** What became of the events so far. At rest `accepted` = `delivered` + `refused` + `dropped` + `buffered`. */
export interface PublisherStats {
  /** Taken in. */
  readonly accepted: number;
  /** Durable at the other side. */
  readonly delivered: number;
  /** Taken in, and then found to break a rule of the contract, here or by the other side. */
  readonly refused: number;
  /** Taken in, and given up to make room for newer ones. */
  readonly dropped: number;
  /** Taken in, and waiting. */
  readonly buffered: number;
  readonly bufferedBytes: number;
  /** On disk, with what is sent and not yet deleted, and with what earlier processes left. */
  readonly spooledBytes: number;
  /** Not taken in, by reason: none of them is in `accepted`. */
  readonly rejected: Readonly<Record<PublishRefusal, number>>;
  /** Calls that had to wait for room. */
  readonly blocked: number;
  /** Attempts that failed and were made again. */
  readonly retries: number;
  /** Events that were sent again although the first attempt may have reached the log. */
  readonly possiblyRepeated: number;
  /** What earlier processes left in the spool: none of it is in the counts above. */
  readonly adopted: {
    readonly delivered: number;
    readonly refused: number;
    /** Segments that ended in the middle of an event, which was not accepted then. */
    readonly tornTails: number;
  };
  /** How often the thread that sends had to be started again. */
  readonly restarts: number;
  /** Whether the other side answers, as far as is known. */
  readonly isAway: boolean;
  readonly lastProblem: string | undefined;
}

/** Takes events and delivers them in the background. */
export interface Publisher {
  /**
   * Takes the event in, or says why not. A copy is made at once. Never throws; answers a promise only under the policy
   * `block`, where it had to wait.
   */
  publish(event: HookContextInit): PublishOutcome | Promise<PublishOutcome>;
  stats(): PublisherStats;
  /** Whether all that was accepted before is delivered, or refused there, within so many seconds. Never throws. */
  flush(timeoutSeconds?: number): Promise<boolean>;
  /** Flushes, then ends. Nothing is accepted any more. Idempotent, and never throws. */
  close(timeoutSeconds?: number): Promise<boolean>;
}
