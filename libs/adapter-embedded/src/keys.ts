/**
 * Keys, ordered as bytes; integers are big-endian.
 *
 *   Head   = stream:u8 partition:u16
 *   Chunk  = stream:u8 partition:u16 offset:u64
 *   Group  = stream:u8 length:u8 group                    (UTF-8)
 *   Lease  = Group partition:u16                          (also the group's position)
 *   Member = Group memberId                               (UTF-8)
 *   State  = length:u8 group partition:u16                (the prefix of what state-store keeps)
 */

/** The three logs of one directory. */
export const streams = { events: 1, spans: 2, deadLetters: 3 } as const;
/** The number of one of the {@link streams}. */
export type Stream = (typeof streams)[keyof typeof streams];

const maxGroupBytes = 200;

/** The key of a partition's head, and the begin of the keys of its chunks. */
export const headKey = (stream: Stream, partition: number): Buffer => {
  const key = Buffer.allocUnsafe(3);
  key[0] = stream;
  key.writeUInt16BE(partition, 1);
  return key;
};

/** The key of the chunk whose first record has this offset. */
export const chunkKey = (stream: Stream, partition: number, offset: bigint): Buffer => {
  const key = Buffer.allocUnsafe(11);
  key[0] = stream;
  key.writeUInt16BE(partition, 1);
  key.writeBigUInt64BE(offset, 3);
  return key;
};

/** The offset in a key made by {@link chunkKey}. */
export const offsetOfChunkKey = (key: Buffer): bigint => key.readBigUInt64BE(3);

const groupBytes = (group: string): Buffer => {
  const name = Buffer.from(group);
  if (name.length === 0 || name.length > maxGroupBytes)
    throw new RangeError(
      `group: ${name.length} bytes of UTF-8; use a name of 1 to ${maxGroupBytes} (KAIZEN_GROUP)`,
    );
  return Buffer.concat([Buffer.of(name.length), name]);
};

/** @throws RangeError where the name is empty or longer than 200 bytes. */
export const groupKey = (stream: Stream, group: string): Buffer =>
  Buffer.concat([Buffer.of(stream), groupBytes(group)]);

/** The key of a partition's lease, and of its position. */
export const leaseKey = (group: Buffer, partition: number): Buffer => {
  const key = Buffer.allocUnsafe(group.length + 2);
  group.copy(key);
  key.writeUInt16BE(partition, group.length);
  return key;
};

/** The partition in a key made by {@link leaseKey}. */
export const partitionOfLeaseKey = (key: Buffer): number => key.readUInt16BE(key.length - 2);

/** The key of a member's record. */
export const memberKey = (group: Buffer, memberId: string): Buffer =>
  Buffer.concat([group, Buffer.from(memberId)]);

/** The begin of the keys of one partition's state. */
export const statePrefix = (group: string, partition: number): Buffer => {
  const name = groupBytes(group);
  const key = Buffer.allocUnsafe(name.length + 2);
  name.copy(key);
  key.writeUInt16BE(partition, name.length);
  return key;
};

/** The parts of a key of state as format 1 had it: the same prefix, then the entry's own key. */
export const splitOldStateKey = (key: Buffer): { readonly prefix: Buffer; readonly entry: string } => {
  const length = 1 + (key[0] ?? 0) + 2;
  return { prefix: Buffer.from(key.subarray(0, length)), entry: key.toString('utf8', length) };
};
