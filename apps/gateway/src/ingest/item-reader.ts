import type { LineReading } from '@kaizen-trace/contracts';

/**
 * One item of a body. `broken` means that nothing after it can be made sense of: the body as a whole is refused.
 */
export type ItemReading =
  LineReading | { readonly line: number; readonly type: 'broken'; readonly reason: string };

/** Finds the items of a body in chunks that end anywhere. Holds at most one unfinished item. */
export interface ItemReader {
  push(chunk: Uint8Array): readonly ItemReading[];
  /** What is left after the last chunk. Call it once. */
  end(): readonly ItemReading[];
}
