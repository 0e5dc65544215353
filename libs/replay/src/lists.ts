import type { Unfinished } from '@kaizen-trace/assembler-runtime';
import type { IncompleteTrace } from './incomplete.js';

/** A span that the topic and the fold do not agree on. */
export interface Difference {
  readonly partition: number;
  /** `missing`: the fold gives it, the topic has it not; `extra`: the other way round, or once too often. */
  readonly difference: 'missing' | 'extra' | 'different';
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  /** Of the record that finished it in the fold. */
  readonly offset?: bigint | undefined;
  /** Of its message on the span topic. */
  readonly spanOffset?: bigint | undefined;
}

/** What a replay has to tell one by one. Written as it is found, so that no list is kept. */
export interface Lists {
  incomplete(found: IncompleteTrace): Promise<void>;
  open(partition: number, found: Unfinished): Promise<void>;
  difference(found: Difference): Promise<void>;
}
