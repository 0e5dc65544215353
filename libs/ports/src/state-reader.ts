/** One group's state, for tools that look at it without owning a partition. Fences nobody and changes nothing. */
export interface StateReader {
  /**
   * The latest committed value of one entry; undefined where there is none or it was removed. Its owner may commit
   * another at any moment. Costs a look at the newest entries where the key is written often, else at all of them.
   */
  latest(partition: number, key: string): Promise<Uint8Array | undefined>;
}
