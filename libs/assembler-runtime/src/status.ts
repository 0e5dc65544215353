import type { Millis } from '@kaizen-trace/contracts';
import type { Offset } from '@kaizen-trace/ports';
import type { Counts } from '@kaizen-trace/assembler-core';
import type { Phase } from './lifecycle.js';

/** One partition as its owner sees it now: what health checks, metrics and the operating API show. */
export interface PartitionStatus {
  readonly partition: number;
  readonly phase: Phase;
  /** The next record to fold; undefined before the position is known. */
  readonly nextOffset: Offset | undefined;
  /** The position after the last commit. */
  readonly committedOffset: Offset | undefined;
  readonly streamTime: Millis | undefined;
  /** Totals of the partition since its first record, as of the last fold. */
  readonly counts: Counts | undefined;
  /** About what its traces in memory take now, in bytes; all others are on disk. */
  readonly memory: { readonly traces: number; readonly bytes: number } | undefined;
  /** How far the restore has come, while there is one. */
  readonly restoring: { readonly done: number; readonly total: number } | undefined;
  /** Why it halted, or what it is retrying for. */
  readonly problem: Error | undefined;
}

/** What happens in an assembler, for logs and metrics. Observers must not throw. */
export type AssemblerEvent =
  | { readonly type: 'phase'; readonly partition: number; readonly phase: Phase }
  /** At most about once a second. */
  | { readonly type: 'restoring'; readonly partition: number; readonly done: number; readonly total: number }
  | { readonly type: 'restored'; readonly partition: number; readonly entries: number; readonly ms: number }
  | {
      readonly type: 'committed';
      readonly partition: number;
      readonly records: number;
      readonly spans: number;
      readonly deadLetters: number;
      readonly ms: number;
    }
  | { readonly type: 'retrying'; readonly partition: number; readonly cause: Error }
  | { readonly type: 'fenced'; readonly partition: number; readonly cause: Error }
  | {
      readonly type: 'dead-letter';
      readonly partition: number;
      readonly offset: Offset;
      readonly errorClass: string;
    }
  | { readonly type: 'tick'; readonly partition: number }
  | { readonly type: 'halted'; readonly partition: number; readonly error: Error };

/** Told of each event as it happens; must return at once and not throw. */
export type AssemblerObserver = (event: AssemblerEvent) => void;
