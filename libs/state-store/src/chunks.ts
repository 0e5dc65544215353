/** What one transaction takes at most: it runs on the thread that folds. */
export interface ChunkLimits {
  readonly items: number;
  readonly bytes: number;
}

/** The items in chunks; the last one is shorter than the limits, and there is always one, be it empty. */
export function* chunksOf<Item extends { readonly at: Buffer; readonly value: Buffer | null }>(
  items: Iterable<Item>,
  limits: ChunkLimits,
): Generator<readonly Item[], void, undefined> {
  let chunk: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    chunk.push(item);
    bytes += item.at.length + (item.value?.length ?? 0);
    if (chunk.length < limits.items && bytes < limits.bytes) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  yield chunk;
}
