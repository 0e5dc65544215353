import { openLineReader, pieceBytes } from './line-reader.js';
import type { LineOptions, LineReading } from './line-reader.js';

/** Bytes as a file, a socket or standard input gives them. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Lines of NDJSON in batches of what at most 64 KiB of input complete: the fast way for large input. Pulls a chunk only
 * when its last batch has been taken, so memory does not grow with the input. Rejects only where `chunks` does.
 */
export async function* readNdjsonBatches(
  chunks: Chunks,
  options: LineOptions,
): AsyncGenerator<readonly LineReading[], void, undefined> {
  const reader = openLineReader(options);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += pieceBytes) {
      const readings = reader.push(chunk.subarray(from, from + pieceBytes));
      if (readings.length > 0) yield readings;
    }
  }
  const last = reader.end();
  if (last.length > 0) yield last;
}
